"""Small source files made on the spot: PDFs written by hand, DOCX by python-docx, zips that lie."""

from __future__ import annotations

import io
import zipfile
import zlib


def pdf(*pages: str, rotate: int = 0, title: str = "", box: str = "0 0 600 800") -> bytes:
    """A PDF whose pages draw the given content streams with Helvetica as /F1."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for content in pages:
        number = len(objects) + 1
        kids.append(f"{number} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Rotate {rotate} /Contents {number + 1} 0 R"
            " /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica"
            " /Encoding /WinAnsiEncoding >> >> >> >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append(f"<< /Title ({title}) >>")
    return _file(objects, f"/Info {len(objects)} 0 R" if title else "")


def lines(*texts: str, x: int = 72, top: int = 700, step: int = 14) -> str:
    """A content stream that writes the lines one below the other, 12 points high."""
    return "\n".join(f"BT /F1 12 Tf {x} {top - step * i} Td ({text}) Tj ET" for i, text in enumerate(texts))


def scan() -> bytes:
    """A PDF of one page that is a grey picture and holds no text."""
    picture = zlib.compress(bytes([200]) * 100 * 100).hex()
    image = (
        "<< /Type /XObject /Subtype /Image /Width 100 /Height 100 /ColorSpace /DeviceGray /BitsPerComponent 8"
        f" /Filter [/ASCIIHexDecode /FlateDecode] /Length {len(picture)} >>\nstream\n{picture}\nendstream"
    )
    draw = "q 600 0 0 800 0 0 cm /I Do Q"
    return _file(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
            " /Resources << /XObject << /I 5 0 R >> >> >>",
            f"<< /Length {len(draw)} >>\nstream\n{draw}\nendstream",
            image,
        ]
    )


def zipped(entries: dict[str, bytes]) -> bytes:
    """A zip file with the entries, packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def _file(objects: list[str], trailer: str = "") -> bytes:
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + end.encode("latin-1")
