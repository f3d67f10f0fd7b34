"""What a file says about itself: how it was made, and that a machine made it."""

import json
import re
from xml.sax.saxutils import escape

from estampe.media import Label

MADE_BY_A_MODEL = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
NAMESPACE = "urn:estampe:1.0:"
TITLE_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 1000  # the whole prompt is in the JSON; a JPEG has 64 KiB for both

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:estampe="{namespace}">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{description}</rdf:li></rdf:Alt></dc:description>
<xmp:CreatorTool>Estampe</xmp:CreatorTool>
<Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>
<estampe:generation>{generation}</estampe:generation>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def generation(label: Label) -> str:
    """JSON with sorted keys: the same label is the same text."""
    rest = {name: value for name, value in label.parameters.items() if name not in {"prompt", "seed"}}
    told = {
        "job_id": label.job_id,
        "model": label.model,
        "prompt": label.prompt,
        "seed": label.seed,
        "parameters": rest,
        "digital_source_type": MADE_BY_A_MODEL,
        **({"enlarged_from": label.enlarged_from} if label.enlarged_from else {}),
    }
    return encodable(json.dumps(told, ensure_ascii=False, sort_keys=True, default=str))


def title(label: Label) -> str:
    """One line of the prompt."""
    return encodable(" ".join(_NOT_XML.sub(" ", label.prompt).split()))[:TITLE_CHARACTERS]


def description(label: Label) -> str:
    return encodable(_NOT_XML.sub(" ", label.prompt))[:DESCRIPTION_CHARACTERS]


def xmp(label: Label) -> bytes:
    """An XMP packet, which every picture format can hold."""
    return _PACKET.format(
        namespace=NAMESPACE,
        description=escape(description(label)),
        source=MADE_BY_A_MODEL,
        generation=escape(_NOT_XML.sub("\ufffd", generation(label))),
    ).encode()


def encodable(text: str) -> str:
    """A lone surrogate is legal in JSON and nowhere else."""
    return text.encode("utf-8", "replace").decode()
