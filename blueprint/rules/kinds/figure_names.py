"""What a project's figures are called, and in which unit they are given."""

from blueprint.values import Bilingual

_NAMES = {
    "use": Bilingual(zh="用途", en="use"),
    "floor_area_ratio": Bilingual(zh="容积率", en="floor area ratio"),
    "height_m": Bilingual(zh="建筑高度", en="building height"),
    "ground_m": Bilingual(zh="地面高程", en="ground elevation"),
    "building_density": Bilingual(zh="建筑密度", en="building density"),
    "green_ratio": Bilingual(zh="绿地率", en="green ratio"),
    "setback_m": Bilingual(zh="退线", en="setback"),
    "site_area_m2": Bilingual(zh="用地面积", en="site area"),
    "floor_area_m2": Bilingual(zh="建筑面积", en="floor area"),
    "investment_wan": Bilingual(zh="总投资", en="investment"),
    "wastewater_m3_d": Bilingual(zh="污水排放量", en="wastewater"),
}
_UNITS = {
    "height_m": Bilingual(zh="m", en="m"),
    "ground_m": Bilingual(zh="m", en="m"),
    "setback_m": Bilingual(zh="m", en="m"),
    "site_area_m2": Bilingual(zh="m²", en="m²"),
    "floor_area_m2": Bilingual(zh="m²", en="m²"),
    "investment_wan": Bilingual(zh="万元", en="× 10,000 yuan"),
    "wastewater_m3_d": Bilingual(zh="m³/日", en="m³ a day"),
}
_NO_UNIT = Bilingual(zh="", en="")


def figure_name(figure: str) -> Bilingual:
    """What a figure is called; one that has no name here by its own."""
    return _NAMES.get(figure, Bilingual(zh=figure, en=figure))


def figure_unit(figure: str) -> Bilingual:
    """In what it is given; empty where it is a share or a word."""
    return _UNITS.get(figure, _NO_UNIT)
