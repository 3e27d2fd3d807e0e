"""Measures of samples, from the features of an extractor: nothing is downloaded.

And one of classifiers: `classification_accuracy`.
"""

from genflow.metrics.classification_accuracy import classification_accuracy
from genflow.metrics.feature_extractor import Extracted, FeatureExtractor
from genflow.metrics.feature_statistics import FeatureStatistics
from genflow.metrics.frechet_distance import frechet_distance
from genflow.metrics.generation_report import evaluate_samples
from genflow.metrics.inception_score import InceptionScore
from genflow.metrics.kernel_distance import kernel_distance
from genflow.metrics.measured_images import MeasuredImages, measure_images
from genflow.metrics.precision_recall import precision_recall
from genflow.metrics.trained_classifier import train_classifier

__all__ = [
    "Extracted",
    "FeatureExtractor",
    "FeatureStatistics",
    "InceptionScore",
    "MeasuredImages",
    "classification_accuracy",
    "evaluate_samples",
    "frechet_distance",
    "kernel_distance",
    "measure_images",
    "precision_recall",
    "train_classifier",
]
