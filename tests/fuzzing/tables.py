"""Files of tables: services as CSV and as workbooks, and the files of the NHS."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

from directory.exchange import services_csv
from tests.fuzzing.spoiling import LONGEST, Chance, spoilt, text_of


def table(chance: Chance, header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Rows as CSV, with cells that say something else, and rows that are longer, shorter or there twice."""
    many = [list(chance.choice(rows)) for _ in range(chance.choice((1, 2, 5, 30)))]
    for _ in range(chance.randint(0, 6)):
        row = chance.choice(many)
        row[chance.randrange(len(row))] = text_of(chance)
    if chance.random() < 0.2:
        row = chance.choice(many)
        row[len(row) // 2 :] = row[len(row) // 2 :] * chance.choice((0, 2))
    if chance.random() < 0.1:
        many.append(list(many[0]))
    out = io.StringIO()
    dialect = chance.choice((csv.excel, csv.unix_dialect))
    writer = csv.writer(out, dialect, delimiter=chance.choice(",,,,,,;\t"))
    if header:
        writer.writerow(header)
    writer.writerows(many)
    encoding = chance.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"))
    return spoilt(chance, out.getvalue().encode(encoding, "replace")[:LONGEST])


SERVICE: Mapping[str, str] = {
    "id": "S1", "slug": "legs", "name": "Leg clinic", "former_names": "Old legs; Older legs", "status": "open",
    "setting": "community", "summary": "Sees people with wounds.", "description": "# About\n\n- one\n- two",
    "eligibility": "Adults", "needs": "leg ulcer; wound care", "areas": "registered: Northmoor (E09000099)",
    "owner_organisation": "Northmoor Trust", "owner_ods_code": "ZZN01", "owner_team": "Tissue viability",
    "referral_method": "email", "referral_address": "legs@northmoor.example", "referral_who": "GPs",
    "referral_urgency": "urgent", "referral_hours": "Mo-Fr 09:00-17:00", "referral_what_to_send": "A letter",
    "referral_notes": "Ring first", "phone": "01632 960145", "email": "legs@northmoor.example",
    "website": "https://northmoor.example/legs", "address": "1 Mill Lane, Northmoor", "postcode": "NM1 1AA",
    "latitude": "51.5", "longitude": "-0.1", "opening_hours": "Mo-Fr 09:00-17:00", "age_min": "18", "age_max": "99",
    "checked_at": "2026-11-01", "effective_from": "2026-11-01",
}  # fmt: skip


def services_sheet(chance: Chance) -> bytes:
    """Services as CSV, with some of the columns, in any order, and now and then one that nobody knows."""
    return table(chance, *_sheet(chance))


def _sheet(chance: Chance) -> tuple[list[str], list[list[str]]]:
    columns = ["name", "owner_organisation", *chance.sample(services_csv.COLUMNS, chance.randint(0, 20))]
    columns = list(dict.fromkeys(columns))
    if chance.random() < 0.2:
        columns.append(
            chance.choice(("referral_2_method", "referral_9_address", "nonsense", "name", "", text_of(chance)))
        )
    rows = [[SERVICE.get(column, "") for column in columns] for _ in range(3)]
    for number, row in enumerate(rows):
        row[0] = f"Clinic {number}"
    return columns, rows


_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{_R}/{{kind}}" Target="{{target}}"/></Relationships>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_BOOK = f'<workbook xmlns="{_MAIN}" xmlns:r="{_R}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
_MARKUP = (
    '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "<!-- -->", "<?x y?>", "<c/>" * 50, "<row>" * 50,
    "&x;", "&c;",
)  # fmt: skip


def workbook(chance: Chance) -> bytes:
    """Services as a workbook, its XML written by hand, so that it can say what no spreadsheet program would."""
    columns, rows = _sheet(chance)
    cells = [columns, *(list(chance.choice(rows)) for _ in range(chance.choice((1, 2, 8))))]
    for _ in range(chance.randint(0, 5)):
        row = chance.choice(cells)
        row[chance.randrange(len(row))] = text_of(chance)
    sheet = "".join(_row(chance, number, row) for number, row in enumerate(cells, start=1))
    before = chance.choice(_MARKUP) if chance.random() < 0.1 else ""
    size = (
        f'<dimension ref="{chance.choice(("A1:B2", "A1", "XFD1048576", "nonsense"))}"/>'
        if chance.random() < 0.2
        else ""
    )
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS.format(kind="officeDocument", target="xl/workbook.xml"),
        "xl/workbook.xml": _BOOK,
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(kind="worksheet", target="worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'{before}<worksheet xmlns="{_MAIN}">{size}<sheetData>{sheet}</sheetData>'
        "</worksheet>",
    }
    if chance.random() < 0.1:
        spoiled = chance.choice(sorted(parts))
        parts[spoiled] = spoilt(chance, parts[spoiled].encode()).decode("utf-8", "replace")
    if chance.random() < 0.03:
        del parts[chance.choice(sorted(parts))]
    packed = io.BytesIO()
    how = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(packed, "w", how) as archive:
        for name, said in parts.items():
            archive.writestr(name, said.encode("utf-8", "replace"))
    data = packed.getvalue()
    return spoilt(chance, data) if chance.random() < 0.3 else data


def _row(chance: Chance, number: int, cells: Sequence[str]) -> str:
    said = "".join(_cell(chance, text) for text in cells)
    far = chance.choice(("0", "-1", "1048576", "99999999999", "x"))
    place = far if chance.random() < 0.002 else str(number)
    return f'<row r="{place}">{said}</row>' if chance.random() < 0.9 else f"<row>{said}</row>"


def _cell(chance: Chance, text: str) -> str:
    readable = "".join(
        each for each in text if each in "\t\n\r" or " " <= each < "\ud800" or "\ue000" <= each < "\ufffe"
    )
    said, kind = escape(readable), chance.random()
    place = f' r="{chance.choice(("A1", "B2", "ZZZ9", "XFD1", "1A", ""))}"' if chance.random() < 0.03 else ""
    if kind < 0.85:
        return f'<c{place} t="inlineStr"><is><t>{said}</t></is></c>'
    if kind < 0.9:
        return f"<c{place}><f>{said}</f><v>1</v></c>"
    return f'<c{place} t="{chance.choice(("n", "s", "e", "b", "d", "str", "x"))}"><v>{said}</v></c>'


def _of_rows(header: str, *rows: str) -> Callable[[Chance], bytes]:
    """Files of a table like this one."""
    given = [row.split(",") for row in rows]
    return lambda chance: table(chance, header.split(",") if header else [], given)


_HOSPITALS = (
    "OrganisationID,OrganisationCode,OrganisationType,SubType,Sector,OrganisationStatus,IsPimsManaged,OrganisationName,"
    "Address1,Address2,Address3,City,County,Postcode,Latitude,Longitude,ParentODSCode,ParentName,Phone,Email,Website,Fax"
)
hospitals = _of_rows(
    _HOSPITALS,
    "1,ZZH01,Hospital,Hospital,NHS Sector,Visible,True,Northmoor Hospital,,Mill Lane,,Northmoor,County,NM1 1AA,51.5,"
    "-0.1,ZZN,Northmoor Trust,01632 960145,,https://northmoor.example,",
    "2,ZZH02,Hospital,Mental Health,NHS Sector,Hidden,False,Kelder Hospital,A,B,C,Kelder,County,NM2 1AA,,,ZZN,"
    "Northmoor Trust,,a@b.example,,01632 960146",
)
trusts = _of_rows(
    "",
    "ZZA,NORTHMOOR NHS TRUST,Y60,QXX,1 MILL LANE,,,NORTHMOOR,,NM1 1AA,20010401,,,,,,,,,,,0,,A,,,",
    "ZZB,KELDER NHS TRUST,Y60,QXX,2 MILL LANE,,,KELDER,,NM2 1AA,20010401,20200331,,,,,,,,,,0,,A,,,",
)
successors = _of_rows("old_code,new_code,date", "ZZA,ZZB,2020-04-01", "ZZB,ZZC,2021-04-01", "ZZC,ZZA,2022-04-01")
memberships = _of_rows("", "A81001,5E1,W,20010401,20130331,0", "A81001,00K,W,20130401,,0", "A81002,00K,W,20130401,,0")
