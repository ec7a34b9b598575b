"""How the models of rag/weights were made; each command goes from the data to the file, and a model card says what ran.

reader        `reader` is the way through: rows (`reader_data`, `reader_contracts`, `reader_labels`, `reader_files`),
              questions a model makes (`asked`, `asker`), recurring spans (`reader_pretrain`), teachers (`teacher`,
              `reader_judge`), student (`reader_student`, `reader_fit`, `reader_loss`, `loop`), file (`reader_export`,
              `lean`); then `reader_check` and `reader_calibrate`. Chinese rows: `zh_prepare`.
retrieval     `retriever` and `reranker`, whose pairs and negatives are `retriever_*`; Chinese: `zh_embed`.
for all       `splits` holds the documents that nothing is trained on; `checksums` seals what is shipped.
"""
