"""Pictures that show what the latents of a generator do."""

import os
from typing import Callable, List, Optional, Sequence

import numpy as np
from tqdm import tqdm

from genflow.core.checks import check_positive_integer
from genflow.training.gif import save_gif
from genflow.training.images import image_grid
from genflow.training.latent_sweeps import central_latents, class_columns, dimension_sweep
from genflow.whole_file import whole_file

# From latents `[count, z_dim]` and labels `[count]`, or `None`, to images.
Draw = Callable[[np.ndarray, Optional[np.ndarray]], np.ndarray]

_SWEEP_SECONDS = 2.0
_MERGED_SECONDS = 8.0


class GanPictures:
    """Draws the pictures of a generator's latents into a folder.

    In a sweep one dimension of the latent goes from 0 to nearly 1 in equal steps, and all else
    stays. The pictures of a conditional generator have one class in each column; every frame
    of its GIFs has all classes, side by side, for the same latent.

    Every method returns the paths of what it has written. The same seed gives the same
    pictures.

    Example:
        >>> import tempfile
        >>> def draw(z, labels):
        ...     return np.zeros([len(z), 8, 8, 1], np.uint8)
        >>> pictures = GanPictures(draw, z_dim=3, folder=tempfile.mkdtemp(), num_images=4)
        >>> [os.path.basename(path) for path in pictures.zero_sweep_gifs()]
        ['test_gif_0.gif', 'test_gif_1.gif', 'test_gif_2.gif']
    """

    def __init__(
        self,
        draw: Draw,
        z_dim: int,
        folder: str,
        num_images: int = 64,
        num_classes: Optional[int] = None,
        dimensions: Optional[Sequence[int]] = None,
        seed: int = 0,
        show_progress: bool = True,
    ) -> None:
        """Takes what all pictures have in common.

        Args:
            draw: From latents `[count, z_dim]` float32 and labels `[count]` int32 to images
                `[count, height, width, channels]` uint8, with 1 or 3 channels. Called with
                `num_images` latents at a time; with `None` for the labels if there are none.
            z_dim: Dimensions of a latent.
            folder: Where the pictures go; made if it is not there.
            num_images: Images in a grid, and frames in a GIF.
            num_classes: Of a conditional generator; `None` for one that takes no labels.
            dimensions: Those that are swept; `None` for all.
            seed: What the random latents are a function of.
            show_progress: Whether there is a progress bar, if it would be seen on a terminal.

        Raises:
            ValueError: If a number is not positive, or there is no such dimension.
        """
        check_positive_integer(z_dim, "z_dim")
        check_positive_integer(num_images, "num_images")
        if num_classes is not None:
            check_positive_integer(num_classes, "num_classes")
        dimensions = list(range(z_dim) if dimensions is None else dimensions)
        if not dimensions or not set(dimensions) <= set(range(z_dim)):
            raise ValueError(
                "`dimensions` must be some of 0 to {}; got {}.".format(z_dim - 1, dimensions)
            )
        self._draw, self._z_dim, self._folder = draw, z_dim, folder
        self._num_images, self._num_classes = num_images, num_classes
        self._dimensions, self._seed = dimensions, seed
        self._show_progress = show_progress

    def grid(self) -> List[str]:
        """A grid of images, with latents uniform in [-0.5, 0.5]: `test_grid.png`."""
        z = central_latents(self._num_images, self._z_dim, self._seed)
        return [self._save_grid("test_grid.png", z)]

    def sweep_grids(self) -> List[str]:
        """A grid for each dimension, which is swept in it: `test_arange_<dimension>.png`.

        All other dimensions are random, in [-1, 1], and differ from image to image.
        """
        paths = []
        for dimension in self._progress(self._dimensions):
            base = central_latents(
                self._num_images, self._z_dim, self._seed_of(dimension), bound=1.0
            )
            z = dimension_sweep(base, dimension, self._num_images)
            paths.append(self._save_grid("test_arange_{}.png".format(dimension), z))
        return paths

    def random_sweep_gifs(self) -> List[str]:
        """GIFs of random dimensions around a random latent: `test_random_<dimension>.gif`.

        The latent is in [-0.2, 0.2], another for each dimension. As many dimensions are drawn
        as there are; those that are drawn again need no other GIF.
        """
        drawn = np.random.RandomState(self._seed).choice(self._dimensions, len(self._dimensions))
        paths = []
        for dimension in self._progress(sorted(set(drawn.tolist()))):
            base = central_latents(1, self._z_dim, self._seed_of(dimension), bound=0.2)[0]
            sweep = self._sweep(base, dimension)
            paths.append(self._save_sweep("random_{}".format(dimension), sweep))
        return paths

    def zero_sweep_gifs(self) -> List[str]:
        """A GIF for each dimension, all others being 0: `test_gif_<dimension>.gif`."""
        return [
            self._save_sweep(
                "gif_{}".format(dimension), self._sweep(np.zeros(self._z_dim), dimension)
            )
            for dimension in self._progress(self._dimensions)
        ]

    def merged_sweep_gif(self) -> List[str]:
        """The GIFs of `zero_sweep_gifs`, and one of all, there and back: `test_gif_merged.gif`.

        A frame of it is a grid with an image for each dimension: of a conditional generator,
        of the class of the column.
        """
        paths, columns = [], []
        for index, dimension in enumerate(self._progress(self._dimensions)):
            sweep = self._sweep(np.zeros(self._z_dim), dimension)
            paths.append(self._save_sweep("gif_{}".format(dimension), sweep))
            columns.append(sweep[:, index % sweep.shape[1]])
        frames = [image_grid(images, self._num_classes) for images in zip(*columns)]
        paths.append(self._save_gif("gif_merged", frames + frames[::-1], _MERGED_SECONDS))
        return paths

    def _sweep(self, base: np.ndarray, dimension: int) -> np.ndarray:
        """The images of a sweep, of all classes: `[num_images, num_classes or 1, ...]`."""
        z = dimension_sweep(base, dimension, self._num_images)
        if self._num_classes is None:
            return self._images(z, None)[:, np.newaxis]
        labels = [np.full(len(z), label, np.int32) for label in range(self._num_classes)]
        return np.stack([self._images(z, each) for each in labels], axis=1)

    def _save_grid(self, name: str, z: np.ndarray) -> str:
        labels = None if self._num_classes is None else class_columns(len(z), self._num_classes)
        path = self._path(name)
        _save_png(path, image_grid(self._images(z, labels), self._num_classes))
        return path

    def _save_sweep(self, name: str, sweep: np.ndarray) -> str:
        frames = [image_grid(images, len(images)) for images in sweep]
        return self._save_gif(name, frames, _SWEEP_SECONDS)

    def _save_gif(self, name: str, frames: List[np.ndarray], seconds: float) -> str:
        path = self._path("test_{}.gif".format(name))
        save_gif(path, frames, max(seconds / len(frames), 0.02))
        return path

    def _images(self, z: np.ndarray, labels: Optional[np.ndarray]) -> np.ndarray:
        images = np.asarray(self._draw(z, labels))
        if images.dtype != np.uint8 or images.ndim != 4 or len(images) != len(z):
            raise ValueError(
                "`draw` must return {} images, uint8 [count, height, width, channels]; got {} "
                "{}.".format(len(z), images.dtype, images.shape)
            )
        return images

    def _path(self, name: str) -> str:
        os.makedirs(self._folder, exist_ok=True)
        return os.path.join(self._folder, name)

    def _seed_of(self, dimension: int) -> List[int]:
        """Of a dimension alone, so that its picture does not depend on which others there are."""
        return [self._seed % 2**32, dimension]

    def _progress(self, dimensions: Sequence[int]) -> Sequence[int]:
        return tqdm(dimensions, unit="dimension", disable=None if self._show_progress else True)


def _save_png(path: str, picture: np.ndarray) -> None:
    from PIL import Image

    with whole_file(path, "wb") as file:
        Image.fromarray(picture).save(file, format="PNG")
