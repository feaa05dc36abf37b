"""The ground floor: estimates with honest intervals, from sums that add up.

In reading order:

intervals      one look at one sample: shares, means, quantiles, rates, differences, ratios
moments        count, mean and spread, in a form that adds up
comoments      the same of several values of each unit, with how they go together
bins           histograms on bins that are the same everywhere, which add up
distinct       how many different values, from a sketch that adds up
sequential     the same under continuous looking: confidence sequences
agreement      do labelers agree beyond chance?
coincidence    the same where some labels differ more than others, and between two labelers
distances      how far apart are two histograms, beyond chance?
homogeneity    is there any difference at all? And many such questions at once
auc            how well does a score tell two groups apart?
correlation    how far do two series of numbers go together?
judged         what people would say, where a judge saw all and people only some
scores         areas, calibration and thresholds from scores counted once
confusion      every share and average of a confusion matrix
paired         two models on the same cases
gaps           how far groups lie apart
resampling     bootstrap without going over the rows again
contrasts      how do two arms of an experiment differ? Adjusted, over periods, one look or many
sample_ratio   did an experiment's split happen as planned?
power          how many are needed?

All are pure functions of numbers. An undefined result is nan with a reason, never a plausible number; what
breaks a rule raises `sextant.errors.InvalidInput`. NumPy and SciPy are imported when a function first needs
them.

>>> from sextant.stats import wilson
>>> wilson(45, 50).lower > 0.75
True
"""

from sextant.stats.agreement import agreement_interval, fleiss_kappa, krippendorff_alpha_nominal
from sextant.stats.auc import Auc, area_of, auc
from sextant.stats.bins import Common, Histogram, Within, coarsened, keys_of, middles
from sextant.stats.coincidence import (
    cohen_interval,
    cohen_kappa,
    krippendorff_alpha,
    krippendorff_interval,
    percent_agreement,
)
from sextant.stats.comoments import Comoments
from sextant.stats.confusion import confusion_metric
from sextant.stats.contrasts import Contrast, Measure, contrast, e_discoveries, holm, sample_ratio_e
from sextant.stats.correlation import pearson, spearman
from sextant.stats.distances import (
    cramers_v,
    distance_interval,
    exceeds,
    hellinger,
    jensen_shannon,
    kolmogorov_smirnov,
    plainly,
    psi,
    total_variation,
    wasserstein,
)
from sextant.stats.distinct import Distinct, Sketch
from sextant.stats.gaps import largest_gap, smallest_ratio
from sextant.stats.homogeneity import benjamini_hochberg, chi_squared_p, kolmogorov_smirnov_p
from sextant.stats.intervals import (
    Bounds,
    clopper_pearson,
    difference_means,
    difference_proportions,
    mean_t,
    poisson_rate,
    quantile_ranks,
    ratio,
    wilson,
)
from sextant.stats.judged import judged_mean, judged_share
from sextant.stats.moments import Moments
from sextant.stats.paired import (
    bootstrap_difference,
    conclude,
    difference_confusion,
    difference_paired,
    mcnemar_p,
    permutation_p,
)
from sextant.stats.power import sample_size_proportions
from sextant.stats.resampling import bootstrap_confusion, bootstrap_scores, bootstrap_units
from sextant.stats.sample_ratio import sample_ratio_p
from sextant.stats.scores import (
    Area,
    ScoreCounts,
    Step,
    Threshold,
    auc_interval,
    auc_units_interval,
    average_precision,
    average_precision_interval,
    best_threshold,
    calibration_interval,
    reliability,
    roc_area,
)
from sextant.stats.sequential import (
    confidence_sequence_difference,
    confidence_sequence_mean,
    confidence_sequence_proportion,
)

__all__ = [
    "Area",
    "Auc",
    "Bounds",
    "Common",
    "Comoments",
    "Contrast",
    "Distinct",
    "Histogram",
    "Measure",
    "Moments",
    "ScoreCounts",
    "Sketch",
    "Step",
    "Threshold",
    "Within",
    "agreement_interval",
    "area_of",
    "auc",
    "auc_interval",
    "auc_units_interval",
    "average_precision",
    "average_precision_interval",
    "benjamini_hochberg",
    "best_threshold",
    "bootstrap_confusion",
    "bootstrap_difference",
    "bootstrap_scores",
    "bootstrap_units",
    "calibration_interval",
    "chi_squared_p",
    "clopper_pearson",
    "coarsened",
    "cohen_interval",
    "cohen_kappa",
    "conclude",
    "confidence_sequence_difference",
    "confidence_sequence_mean",
    "confidence_sequence_proportion",
    "confusion_metric",
    "contrast",
    "cramers_v",
    "difference_confusion",
    "difference_means",
    "difference_paired",
    "difference_proportions",
    "distance_interval",
    "e_discoveries",
    "exceeds",
    "fleiss_kappa",
    "hellinger",
    "holm",
    "jensen_shannon",
    "judged_mean",
    "judged_share",
    "keys_of",
    "kolmogorov_smirnov",
    "kolmogorov_smirnov_p",
    "krippendorff_alpha",
    "krippendorff_alpha_nominal",
    "krippendorff_interval",
    "largest_gap",
    "mcnemar_p",
    "mean_t",
    "middles",
    "pearson",
    "percent_agreement",
    "permutation_p",
    "plainly",
    "poisson_rate",
    "psi",
    "quantile_ranks",
    "ratio",
    "reliability",
    "roc_area",
    "sample_ratio_e",
    "sample_ratio_p",
    "sample_size_proportions",
    "smallest_ratio",
    "spearman",
    "total_variation",
    "wasserstein",
    "wilson",
]
