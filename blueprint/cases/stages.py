"""The stages that a project passes, as the national approval process names them."""

from typing import Literal, get_args

from blueprint.values import Bilingual

Stage = Literal["generation", "land", "construction", "building", "completion"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""In the order in which they follow each other."""

STAGE_NAMES: dict[Stage, Bilingual] = {
    "generation": Bilingual(zh="策划生成", en="planning generation"),
    "land": Bilingual(zh="立项用地规划许可", en="project approval and land-use planning permit"),
    "construction": Bilingual(zh="工程建设许可", en="construction planning permit"),
    "building": Bilingual(zh="施工许可", en="building permit"),
    "completion": Bilingual(zh="竣工验收", en="completion and acceptance"),
}
