"""The files that the tests of the command line hand to it."""

FOLDER = {
    "organisations/trust.md": "---\nname: Northmoor Trust\nods_code: ZZN01\neffective_from: 1990-01-01\n---\n",
    "teams/nurses.md": "---\nname: District Nursing\norganisation: trust\neffective_from: 2000-01-01\n---\n",
    "teams/wounds.md": "---\nname: Tissue Viability\norganisation: trust\neffective_from: 2000-01-01\n---\n",
    "services/leg-ulcer-clinic.md": """---
name: Leg ulcer clinic
owner: {organisation: trust, team: nurses}
needs: [leg ulcer]
areas: [{name: Eastmarsh}]
referral_routes: [{method: email, address: legs@northmoor.example, who: Any nurse}]
contacts: [{type: phone, value: 01632 960145}]
effective_from: 2024-10-01
---
Compression.
""",
}
MOVE = """---
title: The leg ulcer clinic has another owner
kinds: [owner]
services: [{id: leg-ulcer-clinic, set: {owner: {team: wounds}}}]
effective_from: 2025-01-01
---
## Why
One team for all wounds.
## What to do
Ring Tissue Viability.
"""
SERVICES = """id,name,owner_organisation,owner_ods_code,phone
1,Foot protection,Northmoor Trust,ZZN01,01632 960001
2,Wheelchairs,Northmoor Trust,ZZN01,01632 960002
"""
BAD_SERVICES = """id,name,owner_organisation,age_min
1,,Northmoor Trust,
2,Wheelchairs,,
3,Feet,Northmoor Trust,young
4,Legs,Northmoor Trust,18
"""
