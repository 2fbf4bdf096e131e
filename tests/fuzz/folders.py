"""Malformed checkpoints whose digests are right, and files that are no NWB, by name: each with one thing wrong."""

import hashlib
import json

import numpy as np


def without(name):
    return lambda tensors: tensors.pop(name)


def replaced(name, change):
    def altered(tensors):
        tensors[name] = change(tensors[name])

    return altered


#: Changes of tensors that are safetensors still.
TENSORS = {
    "no images": ("world.safetensors", without("images")),
    "no factors": ("world.safetensors", without("factors")),
    "no means": ("world.safetensors", without("means")),
    "images of nan": ("world.safetensors", replaced("images", lambda a: a * np.nan)),
    "images without end": ("world.safetensors", replaced("images", lambda a: a + np.inf)),
    "images of one axis": ("world.safetensors", replaced("images", np.ravel)),
    "no image at all": ("world.safetensors", replaced("images", lambda a: a[:0])),
    "images of whole numbers": ("world.safetensors", replaced("images", lambda a: a.astype(np.int8))),
    "fewer factors than images": ("world.safetensors", replaced("factors", lambda a: a[:-1])),
    "factors that are no codes": ("world.safetensors", replaced("factors", lambda a: a + 99)),
    "factors below zero": ("world.safetensors", replaced("factors", lambda a: a - 9)),
    "factors that are fractions": ("world.safetensors", replaced("factors", lambda a: a + 0.5)),
    "means of nan": ("world.safetensors", replaced("means", lambda a: a * np.nan)),
    "means of other images": ("world.safetensors", replaced("means", lambda a: a[:-1])),
    "a covariance of nan": ("world.safetensors", replaced("covariance", lambda a: a * np.nan)),
    "a covariance that is none": ("world.safetensors", replaced("covariance", lambda a: -a)),
    "a covariance of other neurons": ("world.safetensors", replaced("covariance", lambda a: a[:2, :2])),
}


def altered_groups(name, folder):
    """Alter the file of some latent groups, and put its digest right."""
    from safetensors.numpy import load_file, save

    file, change = TENSORS[name]
    tensors = load_file(folder / file)
    change(tensors)
    put(folder, file, save({key: np.ascontiguousarray(value) for key, value in tensors.items()}))


def put(folder, file, raw):
    """Write a file of a checkpoint, with its digest."""
    (folder / file).write_bytes(raw)
    path = folder / "checkpoint.json"
    data = json.loads(path.read_text())
    data["files"][file] = hashlib.sha256(raw).hexdigest()
    path.write_text(json.dumps(data))


#: Bytes in place of a file of tensors.
RAW = {
    "nothing": b"",
    "text": b"not tensors",
    "a header that is too long": (1 << 40).to_bytes(8, "little") + b"{}",
    "a header that is no JSON": (4).to_bytes(8, "little") + b"abcd",
    "a tensor beyond the file": (66).to_bytes(8, "little")
    + b'{"images":{"dtype":"F64","shape":[999],"data_offsets":[0,7992]}}'.ljust(66),
    "a pickle": b"\x80\x04\x95" + bytes(60),
}


def descriptions(good):
    """Altered copies of the description of latent groups, by name."""
    made = {
        f"{key} is {value!r}": good | {key: value}
        for key in ("kind", "schema", "world", "vae", "law", "files")
        for value in (None, 7, "x", [])
        if not (key == "law" and value is None)
    }
    world, vae = good["world"], good["vae"]
    made |= {
        "a lane that is none": good | {"vae": vae | {"lane": "fast"}},
        "no hidden unit": good | {"vae": vae | {"hidden": 0}},
        "hidden units without end": good | {"vae": vae | {"hidden": 1 << 40}},
        "a world without names": good | {"world": world | {"names": []}},
        "a world of other values": good | {"world": world | {"values": [[1]]}},
        "circular factors that are none": good | {"world": world | {"circular": ["nothing"]}},
        "files outside": good | {"files": good["files"] | {"../../etc/passwd": "0" * 64}},
    }
    return {name: json.dumps(one) for name, one in made.items()}


_HDF5 = b"\x89HDF\r\n\x1a\n"
#: Files that have the signature of NWB files, or their name, and are none.
NWB = {
    "a signature alone": _HDF5,
    "zeros": _HDF5 + bytes(2000),
    "ones": _HDF5 + b"\xff" * 2000,
    "a superblock of another version": _HDF5 + b"\x09" + bytes(500),
    "text": _HDF5 + b"x,spikes\n0,1\n" * 50,
}
