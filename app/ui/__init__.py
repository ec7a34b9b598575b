"""The analyst's page: Streamlit draws, `app.service` does. Start reading at main.py."""
