"""Another program writes the same PDF: `rewrite.py pikepdf|pypdf FROM TO`."""

import sys

import pikepdf
import pypdf

program, source, target = sys.argv[1:4]
if program == "pikepdf":
    pikepdf.open(source).save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
else:
    writer = pypdf.PdfWriter(clone_from=source)
    writer.compress_identical_objects()
    writer.write(target)
