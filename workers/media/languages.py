"""Languages of tracks: the codes of files become the tags that players know. Pure.

Source: ISO 639-2, whose codes with three letters most containers have; BCP 47 (RFC 5646) wants
the shortest one of a language.
"""

import re

# By the letters of BCP 47, the codes of ISO 639-2: of some languages there are two.
_SHORTEST = (
    "aa:aar ab:abk ae:ave af:afr ak:aka,twi am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze"
    " ba:bak be:bel bg:bul bi:bis bm:bam bn:ben bo:bod,tib br:bre bs:bos ca:cat ce:che ch:cha"
    " co:cos cr:cre cs:ces,cze cu:chu cv:chv cy:cym,wel da:dan de:deu,ger dv:div dz:dzo ee:ewe"
    " el:ell,gre en:eng eo:epo es:spa et:est eu:eus,baq fa:fas,per ff:ful fi:fin fj:fij fo:fao"
    " fr:fra,fre fy:fry ga:gle gd:gla gl:glg gn:grn gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo"
    " hr:hrv ht:hat hu:hun hy:hye,arm hz:her ia:ina id:ind ie:ile ig:ibo ii:iii ik:ipk io:ido"
    " is:isl,ice it:ita iu:iku ja:jpn jv:jav ka:kat,geo kg:kon ki:kik kj:kua kk:kaz kl:kal"
    " km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir la:lat lb:ltz lg:lug li:lim"
    " ln:lin lo:lao lt:lit lu:lub lv:lav mg:mlg mh:mah mi:mri,mao mk:mkd,mac ml:mal mn:mon"
    " mr:mar ms:msa,may mt:mlt my:mya,bur na:nau nb:nob nd:nde ne:nep ng:ndo nl:nld,dut nn:nno"
    " no:nor nr:nbl nv:nav ny:nya oc:oci oj:oji om:orm or:ori os:oss pa:pan pi:pli pl:pol ps:pus"
    " pt:por qu:que rm:roh rn:run ro:ron,rum ru:rus rw:kin sa:san sc:srd sd:snd se:sme sg:sag"
    " si:sin sk:slk,slo sl:slv sm:smo sn:sna so:som sq:sqi,alb sr:srp ss:ssw st:sot su:sun"
    " sv:swe sw:swa ta:tam te:tel tg:tgk th:tha ti:tir tk:tuk tl:tgl tn:tsn to:ton tr:tur ts:tso"
    " tt:tat ty:tah ug:uig uk:ukr ur:urd uz:uzb ve:ven vi:vie vo:vol wa:wln wo:wol xh:xho yi:yid"
    " yo:yor za:zha zh:zho,chi zu:zul"
)
_SHORT = {
    code: short
    for short, codes in (entry.split(":") for entry in _SHORTEST.split())
    for code in codes.split(",")
}
# "Not known", "not coded", "no language", and the codes that everybody may use as they like.
_NOTHING = re.compile(r"und|mis|zxx|q[a-t][a-z]")
_TAG = re.compile(r"([a-z]{2,3})((?:-[A-Za-z0-9]{1,8})*)")
_LONGEST = 35  # characters of any tag that is needed in practice: RFC 5646, 4.4.1


def tag_of(language: str) -> str:
    """Return the tag of BCP 47 for the language of a track; empty where that says nothing."""
    found = _TAG.fullmatch(language.strip().replace("_", "-"))
    # Files may write the language itself in capitals, as `DE` or `ENG`.
    found = found or _TAG.fullmatch(language.strip().lower())
    if found is None or _NOTHING.fullmatch(found[1]) or len(language) > _LONGEST:
        return ""
    return _SHORT.get(found[1], found[1]) + found[2]
