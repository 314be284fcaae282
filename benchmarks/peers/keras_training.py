"""Keras: the networks as its tutorials write them, and `fit`."""

from collections.abc import Callable, Iterator

import keras
import numpy as np
from keras import layers, ops

from benchmarks.networks import TASKS
from benchmarks.side_by_side import stretches


def train_as_written(network: str, images: int, batch_size: int) -> Iterator[int]:
    """Arrays, `compile` and `fit` with nothing else."""
    return train(network, images, batch_size)


def train_at_best(
    network: str, images: int, batch_size: int, precision: str, **compilation: bool | int
) -> Iterator[int]:
    """The same with what can be switched on: arguments of `compile`, precision, no bar."""
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    return train(network, images, batch_size, verbose=0, **compilation)


def train(
    network: str,
    images: int,
    batch_size: int,
    verbose: str | int = "auto",
    **compilation: bool | int,
) -> Iterator[int]:
    """The images of each epoch, after it."""
    task = TASKS[network]
    pixels, labels = task.random(images)
    x = np.moveaxis(pixels, 1, -1).astype("float32") / 255
    y = keras.utils.to_categorical(labels, task.classes)
    if network == "mlp":
        x = x.reshape(len(x), -1)
    model = NETWORKS[network](x.shape[1:], task.classes)
    model.compile(
        optimizer=OPTIMIZERS[task.optimizer](task.learning_rate),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        **compilation,
    )

    class EndOfEpoch(keras.callbacks.Callback):  # type: ignore[misc] # keras has no annotations
        """Tells `stretches`."""

        def __init__(self, tell: Callable[[], None]) -> None:
            super().__init__()
            self.tell = tell

        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            """After an epoch and its metrics, which wait for its last step."""
            self.tell()

    return stretches(
        lambda tell: model.fit(
            x,
            y,
            batch_size=batch_size,
            epochs=1_000_000,
            verbose=verbose,
            callbacks=[EndOfEpoch(tell)],
        ),
        images,
    )


OPTIMIZERS = {
    "sgd": keras.optimizers.SGD,
    "adam": keras.optimizers.Adam,
    "rmsprop": keras.optimizers.RMSprop,
}


def mlp(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Three dense layers."""
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Dense(256, activation="relu"),
            layers.Dense(256, activation="relu"),
            layers.Dense(256, activation="relu"),
            layers.Dense(classes, activation="softmax", dtype="float32"),
        ]
    )


def cnn(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Two convolutions."""
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dense(classes, activation="softmax", dtype="float32"),
        ]
    )


def deep_cnn(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Four convolutions with dropout."""
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.25),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(classes, activation="softmax", dtype="float32"),
        ]
    )


def sign_cnn(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Three convolutions with batch norm."""
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv2D(75, (3, 3), padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D((2, 2), padding="same"),
            layers.Conv2D(50, (3, 3), padding="same", activation="relu"),
            layers.Dropout(0.2),
            layers.BatchNormalization(),
            layers.MaxPooling2D((2, 2), padding="same"),
            layers.Conv2D(25, (3, 3), padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D((2, 2), padding="same"),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(classes, activation="softmax", dtype="float32"),
        ]
    )


def lab_deep_cnn(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Three convolutions without biases and two dense layers, with dropout."""
    model = keras.Sequential([keras.Input(shape)])
    for width in (32, 64, 128):
        model.add(layers.Conv2D(width, 3, padding="same", activation="relu", use_bias=False))
        model.add(layers.MaxPooling2D((2, 2), padding="same"))
        model.add(layers.Dropout(0.3))
    model.add(layers.Flatten())
    for _ in range(2):
        model.add(layers.Dense(625, activation="relu"))
        model.add(layers.Dropout(0.3))
    model.add(layers.Dense(classes, activation="softmax", dtype="float32"))
    return model


def lenet5(shape: tuple[int, ...], classes: int) -> keras.Model:
    """LeNet-5 in its modern form."""
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.ZeroPadding2D(2),
            layers.Conv2D(6, (5, 5), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(16, (5, 5), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(classes, activation="softmax", dtype="float32"),
        ]
    )


def resnet20(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Nine blocks whose shortcuts have no parameters."""

    def convolution(maps: keras.KerasTensor, width: int, stride: int = 1) -> keras.KerasTensor:
        maps = layers.Conv2D(width, 3, strides=stride, padding="same", use_bias=False)(maps)
        return layers.BatchNormalization()(maps)

    inputs = keras.Input(shape)
    maps = layers.ReLU()(convolution(inputs, 16))
    for width, first_stride in ((16, 1), (32, 2), (64, 2)):
        for stride in (first_stride, 1, 1):
            path = layers.ReLU()(convolution(maps, width, stride))
            path = convolution(path, width)
            if stride == 2:
                margin = (width - maps.shape[-1]) // 2
                maps = ops.pad(maps[:, ::2, ::2], ((0, 0), (0, 0), (0, 0), (margin, margin)))
            maps = layers.ReLU()(layers.Add()([path, maps]))
    maps = layers.GlobalAveragePooling2D()(maps)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32")(maps)
    return keras.Model(inputs, outputs)


NETWORKS = {
    "mlp": mlp,
    "cnn": cnn,
    "deep-cnn": deep_cnn,
    "sign-cnn": sign_cnn,
    "lab-deep-cnn": lab_deep_cnn,
    "lenet5": lenet5,
    "resnet20": resnet20,
}
