"""Names of regions by their code of administrative divisions (GB/T 2260): those that are known.

All provinces; of cities and districts a few. What is not here is not wrong: divisions are renamed,
merged and made, and a table that is complete belongs to whoever issues codes.
"""

from blueprint.values import Bilingual

PROVINCES: dict[str, Bilingual] = {
    code: Bilingual(zh=zh, en=en)
    for code, zh, en in (
        ("11", "北京市", "Beijing"),
        ("12", "天津市", "Tianjin"),
        ("13", "河北省", "Hebei"),
        ("14", "山西省", "Shanxi"),
        ("15", "内蒙古自治区", "Inner Mongolia"),
        ("21", "辽宁省", "Liaoning"),
        ("22", "吉林省", "Jilin"),
        ("23", "黑龙江省", "Heilongjiang"),
        ("31", "上海市", "Shanghai"),
        ("32", "江苏省", "Jiangsu"),
        ("33", "浙江省", "Zhejiang"),
        ("34", "安徽省", "Anhui"),
        ("35", "福建省", "Fujian"),
        ("36", "江西省", "Jiangxi"),
        ("37", "山东省", "Shandong"),
        ("41", "河南省", "Henan"),
        ("42", "湖北省", "Hubei"),
        ("43", "湖南省", "Hunan"),
        ("44", "广东省", "Guangdong"),
        ("45", "广西壮族自治区", "Guangxi"),
        ("46", "海南省", "Hainan"),
        ("50", "重庆市", "Chongqing"),
        ("51", "四川省", "Sichuan"),
        ("52", "贵州省", "Guizhou"),
        ("53", "云南省", "Yunnan"),
        ("54", "西藏自治区", "Tibet"),
        ("61", "陕西省", "Shaanxi"),
        ("62", "甘肃省", "Gansu"),
        ("63", "青海省", "Qinghai"),
        ("64", "宁夏回族自治区", "Ningxia"),
        ("65", "新疆维吾尔自治区", "Xinjiang"),
        ("71", "台湾省", "Taiwan"),
        ("81", "香港特别行政区", "Hong Kong"),
        ("82", "澳门特别行政区", "Macao"),
    )
}

CITIES: dict[str, Bilingual] = {
    code: Bilingual(zh=zh, en=en)
    for code, zh, en in (
        ("2101", "沈阳市", "Shenyang"),
        ("2102", "大连市", "Dalian"),
        ("2201", "长春市", "Changchun"),
        ("2301", "哈尔滨市", "Harbin"),
        ("3201", "南京市", "Nanjing"),
        ("3301", "杭州市", "Hangzhou"),
        ("3302", "宁波市", "Ningbo"),
        ("3501", "福州市", "Fuzhou"),
        ("3502", "厦门市", "Xiamen"),
        ("3503", "莆田市", "Putian"),
        ("3504", "三明市", "Sanming"),
        ("3505", "泉州市", "Quanzhou"),
        ("3506", "漳州市", "Zhangzhou"),
        ("3507", "南平市", "Nanping"),
        ("3508", "龙岩市", "Longyan"),
        ("3509", "宁德市", "Ningde"),
        ("3701", "济南市", "Jinan"),
        ("3702", "青岛市", "Qingdao"),
        ("4201", "武汉市", "Wuhan"),
        ("4401", "广州市", "Guangzhou"),
        ("4403", "深圳市", "Shenzhen"),
        ("4406", "佛山市", "Foshan"),
        ("5101", "成都市", "Chengdu"),
        ("5223", "黔西南布依族苗族自治州", "Qianxinan"),
        ("6101", "西安市", "Xi'an"),
    )
}

DISTRICTS: dict[str, Bilingual] = {
    code: Bilingual(zh=zh, en=en)
    for code, zh, en in (
        ("350203", "思明区", "Siming"),
        ("350205", "海沧区", "Haicang"),
        ("350206", "湖里区", "Huli"),
        ("350211", "集美区", "Jimei"),
        ("350212", "同安区", "Tong'an"),
        ("350213", "翔安区", "Xiang'an"),
    )
}


def region_names(code: str) -> tuple[list[Bilingual], bool]:
    """The known names from province down, and whether they go as far down as the code does."""
    levels = (PROVINCES.get(code[:2]), CITIES.get(code[:4]), DISTRICTS.get(code))
    wanted = 1 if code[2:] == "0000" else 2 if code[4:] == "00" else len(levels)
    known: list[Bilingual] = []
    for name in levels[:wanted]:
        if name is None:
            return known, False
        known.append(name)
    return known, True
