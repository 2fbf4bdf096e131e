# The public names and where they live: read by type checkers, and by lazy_loader when stiminfo is imported.
from . import axioms as axioms
from . import diffusion as diffusion
from . import estimators as estimators
from . import models as models
from . import reports as reports
from .axioms import Audit as Audit
from .axioms import Verdict as Verdict
from .axioms import audit as audit
from .errors import InputError as InputError
from .errors import ModelError as ModelError
from .errors import NotApplicable as NotApplicable
from .estimators import Measure as Measure
from .estimators import Uncertain as Uncertain
from .estimators import fisher as fisher
from .estimators import i_cissi as i_cissi
from .estimators import i_kong1 as i_kong1
from .estimators import i_kong2 as i_kong2
from .estimators import i_local as i_local
from .estimators import i_nce as i_nce
from .estimators import i_sp as i_sp
from .estimators import i_ssi as i_ssi
from .estimators import i_surp as i_surp
from .models import EncodingModel as EncodingModel
from .models import Population as Population
from .models import Recording as Recording
from .models import ResponsePair as ResponsePair
from .models import encoding_model as encoding_model
from .models import read_recording as read_recording
from .reports.comparing import compare as compare
from .reports.measuring import measure as measure

__version__: str
