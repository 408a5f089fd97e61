"""Words of one family whose stems differ: "podiatrist" and "podiatric" ask for the same thing as "podiatry"."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Each line is read as its first word. American and old spellings stand beside the present British ones.
_FAMILIES = """
continence continent incontinence incontinent
podiatry podiatrist podiatrists podiatric
chiropody chiropodist chiropodists
diabetes diabetology diabetologist diabetologists
dietetics dietetic dietitian dietitians dietician dieticians
physiotherapy physio physios physiotherapeutic physiotherapists
psychiatry psychiatric psychiatrical
psychology psychological
pharmacy pharmaceutical pharmaceuticals
cardiology cardiologist cardiologists
neurology neuro neurologists
gynaecology gynaecological gynae gynecology gynecological gynecologist
paediatric paediatrician paediatricians paeds paed pediatric pediatrics pediatrician
paediatric children child childs childrens childhood kid kids
orthopaedic orthopedic orthopedics
geriatric geriatrician geriatricians
obstetric obstetrician obstetricians
midwifery midwife midwives
lymphoedema lymphedema
oedema edema
anaemia anemia anaemic anemic
haemorrhoid hemorrhoid hemorrhoids
haemorrhage hemorrhage
diarrhoea diarrhea diarrhoeal
palliative palliation
rehabilitation rehab rehabilitating rehabilitated rehabilitative
reablement enablement
epilepsy epileptic epileptics
asthma asthmatic asthmatics
allergy allergic
constipation constipated
amputation amputee amputees amputated
anxiety anxious
loneliness lonely
pregnancy pregnant
smoking smoke smoker smokers
immunisation immunise immunised immunization immunizations immunize
vaccination vaccine vaccines vaccinate vaccinated
catheter catheterisation catheterised catheterization
ulcer ulcerated ulcerating
swelling swollen
foot feet footcare
tooth teeth
dental dentist dentists dentistry
baby babies infant infants
optometry optician opticians optometric
ophthalmology ophthalmic ophthalmologists
haematology hematology haematological
gastroenterology gastroenterologist gastro
counselling counsellor counsellors counselor counseling
phlebotomy phlebotomist phlebotomists
autism autistic
schizophrenia schizophrenic
psychosis psychotic psychoses
nutrition nutritionist nutritionists
fall fallen faller fallers fell
bleeding bled
tumour tumor tumors
injury injured injure
frailty frail
surgery surgical surgeon surgeons
inflammation inflammatory inflamed
urine urinary urinate urinating urination
cannot cant unable couldnt
swallowing swallow swallows
walking walk walks walked
breathing breathe breath
breathlessness breathless
hearing hear hears
bath bathing bathe
tired tiredness
stammering stammer stammers stutter stuttering
"""
HEADS: Mapping[str, str] = MappingProxyType(
    {word: line.split()[0] for line in _FAMILIES.splitlines() if line for word in line.split()[1:]}
)
