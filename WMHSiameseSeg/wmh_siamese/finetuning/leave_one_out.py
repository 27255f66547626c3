"""Whether fine-tuning helps, when there are too few patients to hold any out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from wmh_siamese.cases.case import Case
from wmh_siamese.cases.reading import scan_sha256
from wmh_siamese.errors import WMHError
from wmh_siamese.files.workplace import workplace
from wmh_siamese.finetuning.comparison import LEFT_OUT, CasePair, Comparison, compared
from wmh_siamese.finetuning.estimate import holds_lesion
from wmh_siamese.finetuning.finetune import finetune
from wmh_siamese.networks.vgg_weights import VGGWeights
from wmh_siamese.training.release import model_figures
from wmh_siamese.training.settings import TrainingSettings

MOST_PATIENTS = 5


def leave_one_out(
    base: Path,
    cases: Sequence[Case],
    vgg: VGGWeights | None,
    settings: TrainingSettings,
    *,
    rehearsal: Sequence[Case] = (),
    base_share: float = 0.0,
    device: str = "auto",
    place: Path | None = None,
    on_patient: Callable[[str, Comparison], None] = lambda patient, comparison: None,
    say: Callable[[str], None] = lambda sentence: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Comparison:
    """Fine-tune once for each patient, without that patient, and compare on that patient.

    The models are thrown away: they answer whether fine-tuning on these corrections helps. It
    takes as many trainings as there are patients.

    Args:
        base: the model file to go on from.
        cases: of the patients, each of which is left out once.
        vgg: the Siamese network's weights; None where the loss does without.
        settings: of each training.
        rehearsal: further cases in all trainings; scans of the patient that is left out are left
            out with it, whatever they are called.
        base_share: as in :func:`wmh_siamese.finetuning.finetune.finetune`.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        place: folder for temporary files; the system's by default.
        on_patient: told of each patient and what was found on it.
        say: told, in a sentence, what the user should know.
        stopped: asked before each step; nothing is kept then.

    Raises:
        WMHError: ``bad-volume`` with fewer than two patients or more than five, or when without
            one of them no lesion is left to learn from; ``stopped``.
    """
    patients = list(dict.fromkeys(case.patient_id for case in cases))
    if not 2 <= len(patients) <= MOST_PATIENTS:
        raise WMHError(
            "bad-volume",
            f"Leaving one patient out at a time is for 2 to {MOST_PATIENTS} patients; "
            f"there {'is 1' if len(patients) == 1 else f'are {len(patients)}'}.",
            "With more, hold some of them out.",
        )
    folds = [_fold(patient, cases, rehearsal) for patient in patients]
    pairs: list[CasePair] = []
    for patient, (left, others) in zip(patients, folds, strict=True):
        with workplace(place) as folder:
            model = folder / "model.safetensors"
            finetune(
                *(base, others, (), vgg, model, settings),
                name=f"without {patient}",
                base_share=base_share,
                device=device,
                say=say,
                stopped=stopped,
                discarded=stopped,
            )
            both = compared(base, model_figures(model, left, device), device)
        on_patient(patient, Comparison(both.pairs, LEFT_OUT))
        pairs += both.pairs
    return Comparison(pairs, LEFT_OUT)


def _fold(
    patient: str, cases: Sequence[Case], rehearsal: Sequence[Case]
) -> tuple[list[Case], list[Case]]:
    """The patient's cases and those to learn from, which hold a lesion and no scan of the patient.

    Raises:
        WMHError: ``bad-volume`` when none holds a lesion.
    """
    left = [case for case in cases if case.patient_id == patient]
    scans = {scan_sha256(case) for case in left}
    others = [case for case in cases if case.patient_id != patient]
    others += [
        case for case in rehearsal if case.patient_id != patient and scan_sha256(case) not in scans
    ]
    if not any(map(holds_lesion, others)):
        raise WMHError(
            "bad-volume",
            f"Without patient {patient} no case holds a lesion to learn from.",
            "Add a training case of another patient, with lesions.",
        )
    return left, others
