"""Runs a model through the C ABI: the functions of include/predictor_pool.h that this takes, by ctypes."""

import ctypes
import os
from ctypes import byref, c_char_p, c_int32, c_int64, c_size_t, c_void_p
from typing import NamedTuple

STRING = 8


class Tensor(NamedTuple):
    """data_type is ONNX's number; data is the bytes of all elements, of strings a list of bytes."""

    data_type: int
    shape: tuple
    data: object


class PredictorError(Exception):
    """A status that is not PREDICTOR_OK, and the library's text."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class Library:
    def __init__(self, path):
        self.c = ctypes.CDLL(os.path.abspath(path))
        self.c.predictor_status_name.restype = c_char_p
        self.c.predictor_last_error_message.restype = c_size_t
        self.c.predictor_live_handles.restype = c_int64
        self.c.destroy_predictor_config.restype = None
        self.c.destroy_predictor.restype = None

    def call(self, function, *arguments):
        status = getattr(self.c, function)(*arguments)
        if status == 0:
            return
        text = ctypes.create_string_buffer(self.c.predictor_last_error_message(None, c_size_t(0)) + 1)
        self.c.predictor_last_error_message(text, c_size_t(len(text)))
        raise PredictorError(self.c.predictor_status_name(c_int32(status)).decode(), text.value.decode())

    def ask(self, kind, function, *arguments):
        """A call whose last argument is where it writes a `kind`."""
        out = kind()
        self.call(function, *arguments, byref(out))
        return out

    def runtime_version(self):
        return self.ask(c_char_p, "predictor_runtime_version").value.decode()

    def run(self, model, inputs):
        """Inputs by name in, outputs by name and in the model's order out."""
        config = self.ask(c_void_p, "create_predictor_config")
        try:
            self.call("predictor_config_set_model", config, os.fsencode(model), None)
            self.call("predictor_config_set_intra_op_threads", config, c_int32(1))
            predictor = self.ask(c_void_p, "create_predictor", config)
        finally:
            self.c.destroy_predictor_config(config)
        try:
            for name, tensor in inputs.items():
                self._set(predictor, name, tensor)
            self.call("predictor_run", predictor)
            count = self.ask(c_size_t, "predictor_output_count", predictor).value
            names = [self.ask(c_char_p, "predictor_output_name", predictor, c_size_t(i)).value for i in range(count)]
            return {name.decode(): self._get(predictor, name) for name in names}
        finally:
            self.c.destroy_predictor(predictor)

    def _set(self, predictor, name, tensor):
        handle = self.ask(c_void_p, "predictor_get_input_handle", predictor, name.encode())
        rank = len(tensor.shape)
        self.call("predictor_tensor_reshape", handle, (c_int64 * rank)(*tensor.shape), c_size_t(rank))
        count = c_size_t(len(tensor.data))
        if tensor.data_type != STRING:
            self.call("predictor_tensor_copy_from_host", handle, c_int32(tensor.data_type), tensor.data, count)
            return
        strings = (c_char_p * len(tensor.data))(*tensor.data)
        lengths = (c_size_t * len(tensor.data))(*map(len, tensor.data))
        self.call("predictor_tensor_copy_strings_from_host", handle, strings, lengths, count)

    def _get(self, predictor, name):
        handle = self.ask(c_void_p, "predictor_get_output_handle", predictor, name)
        data_type = self.ask(c_int32, "predictor_tensor_data_type", handle).value
        rank = self.ask(c_size_t, "predictor_tensor_shape", handle, None, c_size_t(0)).value
        dims = (c_int64 * rank)()
        self.ask(c_size_t, "predictor_tensor_shape", handle, dims, c_size_t(rank))
        if data_type != STRING:
            data = ctypes.create_string_buffer(self.ask(c_size_t, "predictor_tensor_byte_length", handle).value)
            self.call("predictor_tensor_copy_to_host", handle, c_int32(data_type), data, c_size_t(len(data)))
            return Tensor(data_type, tuple(dims), data.raw)
        count = 1
        for dim in dims:
            count *= dim
        return Tensor(data_type, tuple(dims), [self._string(handle, c_size_t(i)) for i in range(count)])

    def _string(self, handle, index):
        length = self.ask(c_size_t, "predictor_tensor_string_length", handle, index).value
        buffer = ctypes.create_string_buffer(length + 1)
        self.call("predictor_tensor_copy_string_to_host", handle, index, buffer, c_size_t(length + 1))
        return buffer.raw[:length]
