"""`python -m benchmarks NAME`; without a name it lists what there is.

Each benchmark lives in a module of its own and is imported when it is called.
"""

import signal
import sys

from cyclopts import App, CycloptsError

from noonbit.cli.main import fail
from noonbit.errors import NoonbitError

BENCHMARKS = {
    "throughput": "Images/s of training the same networks, against Keras and plain PyTorch.",
    "precision": "Test accuracy in bfloat16 against float32, over seeds.",
    "augmentation": "Augmented images/s, against Keras's generator.",
    "accuracy": "Seconds until a goal's accuracy is reached, against Keras's own MNIST example.",
    "ensemble": "Training time of an ensemble, in times of one member's.",
    "loading": "Seconds to load CSV, IDX and JPEG files, the first and the second time.",
    "resizing": "Accuracy on pictures of other sizes, and time, by the filter that resizes them.",
    "prediction": "Images/s of predicting and the latency of one, against Keras and plain PyTorch.",
    "serve": "Images/s of noonbit serve under load, against bare onnxruntime; and a soak.",
    "live": "Speed of a training that is watched, against the same one unwatched.",
    "labels": "Wrong labels, near-duplicates and foreign pictures found, of those put in.",
    "few_pictures": "Accuracy with few pictures a class, with published weights and from nothing.",
    "photographs": "The share of photographs of digits that a run of MNIST reads rightly.",
    "startup": "Seconds until commands answer, against importing Keras.",
    "growth": "Time an image and memory, by the number of images and of epochs, with a chart.",
    "go_planes": "Positions of Go/s whose 48 planes are computed.",
    "gpu": "Seconds to 94 % on CIFAR-10 on a GPU, against the speed records' own scripts.",
    "fuzz": "Damaged and hostile inputs, each met by one command: what must never happen.",
    "fuzz_coverage": "Inputs that reach new code of the readers, by atheris; by hand, an hour.",
    "crash": "Kill trainings and other commands at random moments, and compare what they end with.",
    "guard": "Fail where noonbit has lost speed against plain PyTorch; needs no peers.",
}

app = App(name="python -m benchmarks", help=__doc__.splitlines()[0], version_flags=())
for name, help_text in BENCHMARKS.items():
    app.command(f"benchmarks.{name}:{name}", name=name, help=help_text)


def main() -> int:
    """Run one benchmark and return its exit code; see noonbit/errors.py for what the codes mean."""
    if len(sys.argv) == 1:
        for name, help_text in BENCHMARKS.items():
            print(f"{name:13} {help_text}")
        return 0
    # Contestants are stopped while another one works, and would stay so if we just died.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        app(sys.argv[1:], exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return fail(f"{' '.join(str(error).split())} `python -m benchmarks` lists all.", 2)
    except NoonbitError as error:
        return fail(str(error), error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
