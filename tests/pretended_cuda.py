"""A CUDA device that is pretended: tensors say that they are on it, and refuse what such tensors refuse.

What runs on a GPU fails there most often because a tensor was left on the CPU. Here that fails on every machine: the
numbers stay where they are, and each storage remembers where it claims to be. Kernels, speed and memory need a card.
"""

from contextlib import contextmanager, nullcontext
from unittest import mock

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)
#: What may mix devices: copies, and what is asked about tensors.
_MIXES = {"copy_", "to", "cpu", "cuda", "type_as", "set_", "__deepcopy__", "is_same_size"}
_MIXES |= {"_has_compatible_shallow_copy_type"}
_TURNED_AWAY = {"numpy", "__array__"}


class Generator(torch.Generator):
    """A generator that may claim to be on the device."""

    def __new__(cls, device="cpu"):
        made = super().__new__(cls, "cpu")
        made.claimed = _named(device)
        return made

    def __init__(self, device="cpu"):
        pass

    @property
    def device(self):
        return self.claimed


def _named(device):
    return CUDA if torch.device(device).type == "cuda" else CPU


def place(tensor):
    """Where a tensor claims to be."""
    return getattr(tensor.untyped_storage(), "claimed", CPU)


def _put(tensor, device):
    if tensor.layout == torch.strided:
        tensor.untyped_storage().claimed = device
    return tensor


def _tensors(values):
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor)]


class Pretending(TorchFunctionMode):
    """While it lasts, "cuda" is a device."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        name = getattr(function, "__name__", "")
        if name in ("__get__", "__set__"):
            return self._attribute(function, name, args)
        given = _tensors((args, kwargs))
        target = None
        if isinstance(kwargs.get("generator"), Generator):
            kwargs_generator = kwargs["generator"].device
        else:
            kwargs_generator = next((a.device for a in args if isinstance(a, Generator)), None)
        if kwargs.get("device") is not None:
            target = _named(kwargs["device"])
            kwargs["device"] = CPU
        if name in ("to", "cpu", "cuda", "type_as"):
            target, args = self._destination(name, args, target)
        if name in _TURNED_AWAY and place(args[0]) == CUDA:
            raise TypeError("can't convert cuda:0 device type tensor to numpy; use Tensor.cpu() first")
        here = self._agreed(name, args, given)
        result = args[0].clone() if name == "cuda" else function(*args, **kwargs)
        where = here if target is None else target
        if kwargs_generator is not None and kwargs_generator != where:
            raise RuntimeError(f"Expected a '{where}' device type for generator but found '{kwargs_generator}'")
        inputs = {tensor.untyped_storage()._cdata: place(tensor) for tensor in given if tensor.layout == torch.strided}

        def settle(value):
            if not isinstance(value, torch.Tensor) or value.layout != torch.strided:
                return value
            own = inputs.get(value.untyped_storage()._cdata)
            if own is None:
                return _put(value, where)
            return value if target is None or own == target else _put(value.clone(), target)

        return tree_map(settle, result)

    def _attribute(self, function, name, args):
        what = function.__self__.__name__
        if name == "__get__" and what == "device":
            return place(args[0])
        if name == "__get__" and what == "is_cuda":
            return place(args[0]) == CUDA
        result = function(*args)
        if name == "__get__" and what == "grad" and result is not None:
            _put(result, place(args[0]))
        return result

    def _destination(self, name, args, target):
        if name == "cuda":
            return CUDA, args[:1]
        if name == "cpu":
            return CPU, args
        rest = []
        for value in args[1:]:
            if isinstance(value, str | torch.device):
                target, value = _named(value), CPU
            elif isinstance(value, torch.Tensor):
                target = place(value)
            rest.append(value)
        return target, (args[0], *rest)

    def _agreed(self, name, args, given):
        """The device of what is given, if all of it is on one."""
        if name in ("__getitem__", "__setitem__", "index_put_"):
            own = place(args[0])
            if own == CPU and any(place(tensor) == CUDA for tensor in _tensors(args[1])):
                raise RuntimeError("indices should be either on cpu or on the same device as the indexed tensor (cpu)")
            chosen = [tensor for tensor in _tensors(args[2:]) if tensor.ndim]
            if _tensors(args[1]) and any(place(tensor) != own for tensor in chosen):
                raise RuntimeError("expected indexed values on the device of the indexed tensor")
            return own
        if name in _MIXES:
            return place(args[0])
        places = {place(tensor) for tensor in given if tensor.ndim and tensor.layout == torch.strided}
        if len(places) > 1:
            raise RuntimeError(f"{name}: Expected all tensors to be on the same device, but found cuda:0 and cpu")
        alone = {place(tensor) for tensor in given}
        return places.pop() if places else (CUDA if CUDA in alone else CPU)


class Accelerator:
    """What training uses of accelerate, on the pretended device."""

    device, num_processes, process_index, is_main_process = CUDA, 1, 0, True
    prepare = unwrap_model = staticmethod(lambda given: given)
    autocast = staticmethod(nullcontext)
    backward = staticmethod(lambda loss: loss.backward())
    clip_grad_norm_ = staticmethod(torch.nn.utils.clip_grad_norm_)


@contextmanager
def pretended_cuda():
    """A CUDA device, as far as torch can be made to believe."""
    with (
        mock.patch.object(torch, "Generator", Generator),
        mock.patch.object(torch.cuda, "is_available", return_value=True),
        mock.patch.object(torch.cuda, "device_count", return_value=1),
        mock.patch.object(torch.cuda, "get_device_name", return_value="pretended"),
        mock.patch.object(torch.cuda, "empty_cache"),
        Pretending(),
    ):
        yield
