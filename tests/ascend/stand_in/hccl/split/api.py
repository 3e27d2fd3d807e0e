"""How gradients are put together for communication."""


def set_split_strategy_by_idx(idxList, group="hccl_world_group"):
    if list(idxList) != sorted(set(idxList)) or len(idxList) > 8:
        raise ValueError("idxList must be ascending, at most 8 segments")


def set_split_strategy_by_size(dataSizeList, group="hccl_world_group"):
    if sum(dataSizeList) != 100:
        raise ValueError("the sum of dataSizeList must be 100")
