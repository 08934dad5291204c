"""Word documents: what a reader of the final document sees, in its order."""

import io

import pytest
from docx import Document
from test_xlsx import rezipped
from test_zipped import archive

from assistant.errors import UnreadableFile
from assistant.loaders import load_document
from assistant.loaders.docx import DocxLoader
from assistant.loaders.docx_numbering import letters, roman

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def document(body, **others):
    """A package made by hand: the body's XML, and other parts' by the name of their relation."""
    names = "".join(
        f"<Relationship Id='r{i}' Type='{RELATIONS}/{name}' Target='{name}.xml'/>" for i, name in enumerate(others)
    )
    kinds = "".join(f"<Override PartName='/word/{name}.xml' ContentType='application/xml'/>" for name in others)
    members = {
        "[Content_Types].xml": f"<Types xmlns='{PACKAGE}/content-types'><Default Extension='xml' ContentType='application/xml'/>"
        f"<Default Extension='rels' ContentType='application/vnd.openxmlformats-package.relationships+xml'/>"
        f"<Override PartName='/word/document.xml' ContentType='{MAIN}'/>{kinds}</Types>",
        "_rels/.rels": f"<Relationships xmlns='{PACKAGE}/relationships'>"
        f"<Relationship Id='r' Type='{RELATIONS}/officeDocument' Target='word/document.xml'/></Relationships>",
        "word/_rels/document.xml.rels": f"<Relationships xmlns='{PACKAGE}/relationships'>{names}</Relationships>",
        "word/document.xml": f"<w:document xmlns:w='{W}'><w:body>{body}</w:body></w:document>",
    }
    return archive(
        members | {f"word/{name}.xml": f"<w:{name} xmlns:w='{W}'>{xml}</w:{name}>" for name, xml in others.items()}
    )


def run(words, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{words}</w:t></w:r>"


def p(*runs, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr>{''.join(r if r.startswith('<') else run(r) for r in runs)}</w:p>"


def load(made, name="a.docx"):
    if not isinstance(made, bytes):
        file = io.BytesIO()
        made.save(file)
        made = file.getvalue()
    return DocxLoader().load(made, name)


def headings(content):
    return [(heading.level, heading.span.of(content.text)) for heading in content.headings]


def test_headings_paragraphs_lists_and_tables_in_their_order():
    made = Document()
    made.add_heading("The Rain", 0)
    made.add_heading("Causes", 1)
    made.add_paragraph("First it ").add_run("rained").bold = True
    made.add_paragraph("One", "List Bullet")
    made.add_paragraph("Two", "List Bullet")
    made.add_paragraph("Then", "List Number")
    table = made.add_table(3, 3)
    for cell, words in zip(table._cells, ["Year", "Rain", "Snow", "1990", "", "3\nmm", "", "", ""], strict=True):
        cell.text = words
    made.add_heading("Effects", 2)
    made.add_paragraph("Line\nbreak\tand tab")
    content = load(made)
    assert content.text == (
        "The Rain\n\nCauses\n\nFirst it rained\n\n- One\n- Two\n1. Then\n\nYear | Rain | Snow\n1990 | | 3 mm"
        "\n\nEffects\n\nLine\nbreak\tand tab"
    )
    assert headings(content) == [(1, "The Rain"), (1, "Causes"), (2, "Effects")]
    assert (content.title, content.parts, content.warnings) == ("The Rain", (), ())


def test_a_sentence_in_many_runs_is_one():
    assert load(document(p(*"It rains."))).text == "It rains."


def test_deleted_moved_and_hidden_text_is_left_out_and_inserted_text_is_kept():
    vanish = run("secret", "<w:vanish/>")
    content = load(
        document(
            p(
                "<w:del><w:r><w:delText>old</w:delText></w:r></w:del>",
                "<w:ins>" + run("new") + "</w:ins>",
                " words",
                vanish,
            )
            + p("<w:moveFrom>" + run("moved") + "</w:moveFrom>")
            + p("<w:moveTo>" + run("moved") + "</w:moveTo>", run(" shown", "<w:vanish w:val='0'/>"))
        )
    )
    assert content.text == "new words\n\nmoved shown"
    assert content.warnings == ("text deleted in tracked changes was left out", "hidden text was left out")


def test_styles_hide_number_and_head_their_paragraphs_also_by_inheritance():
    styles = (
        "<w:style w:type='paragraph' w:styleId='H'><w:name w:val='Heading 2'/></w:style>"
        "<w:style w:type='paragraph' w:styleId='Mine'><w:name w:val='My own'/><w:basedOn w:val='H'/></w:style>"
        "<w:style w:type='paragraph' w:styleId='O'><w:name w:val='Outlined'/><w:pPr><w:outlineLvl w:val='3'/></w:pPr></w:style>"
        "<w:style w:type='character' w:styleId='Gone'><w:name w:val='Gone'/><w:rPr><w:vanish/></w:rPr></w:style>"
        "<w:style w:type='paragraph' w:styleId='Loop'><w:basedOn w:val='Loop'/></w:style>"
    )

    def style(name):
        return f"<w:pStyle w:val='{name}'/>"

    body = p("One", properties=style("Mine")) + p("Two", properties=style("O")) + p("Three", properties=style("Loop"))
    body += p("Body", properties=style("Mine") + "<w:outlineLvl w:val='9'/>") + p(
        run("x", "<w:rStyle w:val='Gone'/>"), "Four"
    )
    content = load(document(body, styles=styles))
    assert content.text == "One\n\nTwo\n\nThree\n\nBody\n\nFour"
    assert headings(content) == [(2, "One"), (4, "Two")]


def numbered(words, level, list_id=1):
    return p(words, properties=f"<w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{list_id}'/></w:numPr>")


def level(number, form, pattern, start=1):
    return f"<w:lvl w:ilvl='{number}'><w:start w:val='{start}'/><w:numFmt w:val='{form}'/><w:lvlText w:val='{pattern}'/></w:lvl>"


def test_numbers_are_those_that_word_shows():
    definition = level(0, "upperRoman", "%1.") + level(1, "decimal", "%1.%2") + level(2, "lowerLetter", "(%3)", 2)
    numbering = (
        f"<w:abstractNum w:abstractNumId='7'>{definition}</w:abstractNum>"
        "<w:num w:numId='1'><w:abstractNumId w:val='7'/></w:num>"
        "<w:num w:numId='2'><w:abstractNumId w:val='7'/><w:lvlOverride w:ilvl='0'>"
        "<w:startOverride w:val='4'/></w:lvlOverride></w:num>"
    )
    body = numbered("One", 0) + numbered("Deep", 1) + numbered("Item", 2) + numbered("Item", 2) + numbered("Deep", 1)
    body += (
        numbered("", 0)
        + numbered("Three", 0)
        + numbered("Anew", 0, 2)
        + numbered("Unknown", 0, 9)
        + numbered("No", 0, 0)
    )
    assert load(document(body, numbering=numbering)).text == (
        "I. One\n\nI.1 Deep\n\n    (b) Item\n    (c) Item\n\nI.2 Deep\n\nIII. Three\n\nIV. Anew\n\nUnknown\n\nNo"
    )


@pytest.mark.parametrize(("number", "words"), [(1, "a"), (26, "z"), (27, "aa"), (53, "aaa")])
def test_letters(number, words):
    assert letters(number) == words


@pytest.mark.parametrize(("number", "words"), [(1, "i"), (4, "iv"), (49, "xlix"), (1990, "mcmxc")])
def test_roman_numbers(number, words):
    assert roman(number) == words


def test_notes_stand_at_the_end_in_the_order_of_their_references():
    def reference(kind, note_id):
        return f"<w:r><w:{kind}Reference w:id='{note_id}'/></w:r>"

    def note(kind, note_id, words):
        return f"<w:{kind} w:id='{note_id}'>{p(words)}</w:{kind}>"

    body = p("It rained", reference("endnote", 5), " a lot.", reference("footnote", 3)) + p("More.")
    content = load(
        document(
            body,
            footnotes=note("footnote", 0, "line") + note("footnote", 3, "Smith."),
            endnotes=note("endnote", 5, "Jones."),
        )
    )
    assert content.text == "It rained a lot.\n\nMore.\n\n[1] Jones.\n\n[2] Smith."


def test_comments_are_left_out_with_a_warning():
    content = load(document(p("Words."), comments=f"<w:comment>{p('secret')}</w:comment>"))
    assert (content.text, content.warnings) == ("Words.", ("1 comment was left out",))


def test_merged_cells_deleted_rows_and_layout_tables():
    def cell(words, properties=""):
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(words)}</w:tc>"

    down = "<w:vMerge w:val='restart'/>"
    data = (
        f"<w:tbl><w:tr>{cell('A', down)}{cell('1')}</w:tr><w:tr>{cell('B', '<w:vMerge/>')}{cell('2')}{cell('3')}</w:tr>"
        f"<w:tr><w:trPr><w:del/></w:trPr>{cell('gone')}{cell('gone')}</w:tr></w:tbl>"
    )
    assert load(document(data)).text == "A | 1\n2 | 3"
    layout = f"<w:tbl><w:tr>{cell('Left')}<w:tc>{data}{p('Right')}</w:tc></w:tr></w:tbl>"
    assert load(document(layout)).text == "Left\n\nA | 1\n2 | 3\n\nRight"


def test_text_boxes_content_controls_fields_and_symbols():
    namespaces = (
        "xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006' xmlns:v='urn:schemas-microsoft-com:vml'"
    )
    box = f"<w:txbxContent>{p('Boxed.')}</w:txbxContent>"
    alternate = (
        f"<w:r><mc:AlternateContent {namespaces}><mc:Choice Requires='wps'>{box}</mc:Choice>"
        f"<mc:Fallback><v:textbox>{box}</v:textbox></mc:Fallback></mc:AlternateContent></w:r>"
    )
    field = "<w:r><w:instrText>PAGE secret</w:instrText></w:r>" + run("7")
    symbols = "<w:r><w:sym w:font='Symbol' w:char='F061'/><w:noBreakHyphen/><w:softHyphen/><w:sym w:char='2020'/></w:r>"
    body = f"<w:sdt><w:sdtContent>{p('Page ', field, alternate, ' of it ', symbols)}</w:sdtContent></w:sdt>"
    assert load(document(body)).text == "Page 7 of it α-†\n\nBoxed."


def test_a_table_of_contents_is_an_aside():
    styles = "<w:style w:type='paragraph' w:styleId='T'><w:name w:val='toc 1'/></w:style>"
    entry = p("Causes", "<w:r><w:tab/></w:r>", "3", properties="<w:pStyle w:val='T'/>")
    content = load(document(p("Before.") + entry + entry + p("After."), styles=styles))
    assert [aside.of(content.text) for aside in content.asides] == ["Causes\t3\n\nCauses\t3"]


def test_templates_and_macro_documents_are_read():
    made = document(p("Words."))
    kind = MAIN.replace("openxmlformats-officedocument.wordprocessingml.document", "ms-word.document.macroEnabled")
    data = rezipped(made, **{"[Content_Types]": lambda xml: xml.replace(MAIN.encode(), kind.encode())})
    assert load_document("a.docm", data).text == "Words."


def test_the_strict_variant_is_read():
    def change(xml):
        return xml.replace(W.encode(), b"http://purl.oclc.org/ooxml/wordprocessingml/main").replace(
            RELATIONS.encode(), b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        )

    data = document(p("Words."))
    file = rezipped(data, document=change)
    assert load(file).text == "Words."


def test_the_title_of_the_file():
    made = Document()
    made.add_paragraph("Words.")
    made.core_properties.title = "The year's rain"
    assert load(made).title == "The year's rain"


def test_content_decides_over_the_name():
    assert load_document("a.txt", document(p("Words."))).text == "Words."


@pytest.mark.parametrize("target", ["media/none.png", "../NULL", "/NULL", "NULL"])
def test_a_missing_picture_loses_no_text(target):
    link = f"<Relationship Id='x' Type='{RELATIONS}/image' Target='{target}'/></Relationships>".encode()
    data = rezipped(
        document(p("Words."), styles=""), **{"document.xml.rels": lambda xml: xml.replace(b"</Relationships>", link)}
    )
    assert load(data).text == "Words."


DEEP = "<w:tbl><w:tr><w:tc>" * 400 + p("deep") + "</w:tc></w:tr></w:tbl>" * 400


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (document(p("Words."))[:-100], "^The Word document is damaged"),
        (b"only words", "^The Word document is damaged or is none at all"),
        (document(p("<w:r/>")), "^The file holds no text"),
        (document("<w:p>"), "^The Word document is damaged"),
        (document(DEEP), "^The Word document is damaged"),
        (rezipped(document(p("x")), document=lambda xml: b"<!DOCTYPE a>" + xml), "declares XML entities"),
        (archive({"a.txt": "words"}), "^The Word document is damaged or is none"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(data, reason):
    with pytest.raises(UnreadableFile, match=reason) as refused:
        load_document("a.docx", data)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (
            "WordDocument",
            r"^The file is a Word document in the old format \(\.doc\) and cannot be read; save it as \.docx\.$",
        ),
        ("EncryptedPackage", "protected by a password"),
        ("Workbook", r"save it as \.xlsx"),
        ("nothing known", "^The file is an old or protected office document"),
    ],
)
def test_old_formats_are_refused_with_advice(stream, reason):
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40) + stream.encode("utf-16-le") + bytes(40)
    with pytest.raises(UnreadableFile, match=reason):
        load_document("a.docx", data)
