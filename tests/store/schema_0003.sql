BEGIN TRANSACTION;
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE assessment (
	cell BIGINT NOT NULL, 
	trial INTEGER NOT NULL, 
	value DOUBLE, 
	status SMALLINT NOT NULL, 
	PRIMARY KEY (cell, trial)
)
 WITHOUT ROWID

;
INSERT INTO "assessment" VALUES(4294967297,0,NULL,4);
INSERT INTO "assessment" VALUES(4294967297,1,NULL,4);
INSERT INTO "assessment" VALUES(4294967298,0,NULL,4);
INSERT INTO "assessment" VALUES(4294967298,1,NULL,4);
INSERT INTO "assessment" VALUES(4294967299,0,NULL,4);
INSERT INTO "assessment" VALUES(4294967299,1,NULL,4);
INSERT INTO "assessment" VALUES(8589934593,0,1.0,1);
INSERT INTO "assessment" VALUES(8589934593,1,1.0,1);
INSERT INTO "assessment" VALUES(8589934594,0,0.0,1);
INSERT INTO "assessment" VALUES(8589934594,1,0.0,1);
INSERT INTO "assessment" VALUES(8589934595,0,0.0,1);
INSERT INTO "assessment" VALUES(8589934595,1,0.0,1);
INSERT INTO "assessment" VALUES(12884901889,0,NULL,0);
INSERT INTO "assessment" VALUES(12884901889,1,1.0,3);
INSERT INTO "assessment" VALUES(12884901890,0,NULL,0);
INSERT INTO "assessment" VALUES(12884901890,1,1.0,3);
INSERT INTO "assessment" VALUES(12884901891,0,NULL,0);
INSERT INTO "assessment" VALUES(12884901891,1,1.0,3);
INSERT INTO "assessment" VALUES(17179869185,0,0.97,2);
INSERT INTO "assessment" VALUES(17179869185,1,1.97,2);
INSERT INTO "assessment" VALUES(17179869186,0,0.98,2);
INSERT INTO "assessment" VALUES(17179869186,1,1.98,2);
INSERT INTO "assessment" VALUES(17179869187,0,0.99,2);
INSERT INTO "assessment" VALUES(17179869187,1,1.99,2);
INSERT INTO "assessment" VALUES(21474836481,0,NULL,4);
INSERT INTO "assessment" VALUES(21474836481,1,NULL,4);
INSERT INTO "assessment" VALUES(21474836482,0,NULL,4);
INSERT INTO "assessment" VALUES(21474836482,1,NULL,4);
INSERT INTO "assessment" VALUES(21474836483,0,NULL,4);
INSERT INTO "assessment" VALUES(21474836483,1,NULL,4);
INSERT INTO "assessment" VALUES(25769803777,0,1.0,1);
INSERT INTO "assessment" VALUES(25769803777,1,1.0,1);
INSERT INTO "assessment" VALUES(25769803778,0,0.0,1);
INSERT INTO "assessment" VALUES(25769803778,1,0.0,1);
INSERT INTO "assessment" VALUES(25769803779,0,0.0,1);
INSERT INTO "assessment" VALUES(25769803779,1,0.0,1);
INSERT INTO "assessment" VALUES(30064771073,0,NULL,0);
INSERT INTO "assessment" VALUES(30064771073,1,1.0,3);
INSERT INTO "assessment" VALUES(30064771074,0,NULL,0);
INSERT INTO "assessment" VALUES(30064771074,1,1.0,3);
INSERT INTO "assessment" VALUES(30064771075,0,NULL,0);
INSERT INTO "assessment" VALUES(30064771075,1,1.0,3);
INSERT INTO "assessment" VALUES(34359738369,0,0.97,2);
INSERT INTO "assessment" VALUES(34359738369,1,1.97,2);
INSERT INTO "assessment" VALUES(34359738370,0,0.98,2);
INSERT INTO "assessment" VALUES(34359738370,1,1.98,2);
INSERT INTO "assessment" VALUES(34359738371,0,0.99,2);
INSERT INTO "assessment" VALUES(34359738371,1,1.99,2);
CREATE TABLE assessment_superseded (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	case_id INTEGER NOT NULL, 
	trial INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	series_id INTEGER NOT NULL, 
	value DOUBLE, 
	status SMALLINT NOT NULL, 
	rationale TEXT, 
	error TEXT, 
	source TEXT NOT NULL, 
	metadata TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "assessment_superseded" VALUES(1,1,2,1,0,1,NULL,4,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_superseded" VALUES(2,1,2,1,0,2,0.0,1,NULL,NULL,'code',NULL);
INSERT INTO "assessment_superseded" VALUES(3,1,2,1,0,3,1.0,3,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_superseded" VALUES(4,1,2,1,0,4,1.98,2,'because',NULL,'code',NULL);
INSERT INTO "assessment_superseded" VALUES(5,2,2,1,0,5,NULL,4,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_superseded" VALUES(6,2,2,1,0,6,0.0,1,NULL,NULL,'code',NULL);
INSERT INTO "assessment_superseded" VALUES(7,2,2,1,0,7,1.0,3,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_superseded" VALUES(8,2,2,1,0,8,1.98,2,'because',NULL,'code',NULL);
CREATE TABLE assessment_text (
	cell BIGINT NOT NULL, 
	trial INTEGER NOT NULL, 
	rationale TEXT, 
	error TEXT, 
	source TEXT NOT NULL, 
	metadata TEXT, 
	PRIMARY KEY (cell, trial)
);
INSERT INTO "assessment_text" VALUES(17179869185,0,'because',NULL,'code',NULL);
INSERT INTO "assessment_text" VALUES(12884901889,0,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_text" VALUES(4294967297,0,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_text" VALUES(17179869185,1,'because',NULL,'code',NULL);
INSERT INTO "assessment_text" VALUES(12884901889,1,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_text" VALUES(4294967297,1,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_text" VALUES(17179869186,0,'because',NULL,'code',NULL);
INSERT INTO "assessment_text" VALUES(12884901890,0,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_text" VALUES(4294967298,0,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_text" VALUES(17179869187,0,'because',NULL,'code',NULL);
INSERT INTO "assessment_text" VALUES(12884901891,0,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_text" VALUES(4294967299,0,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_text" VALUES(17179869187,1,'because',NULL,'code',NULL);
INSERT INTO "assessment_text" VALUES(12884901891,1,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_text" VALUES(4294967299,1,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_text" VALUES(17179869186,1,'because',NULL,'code',NULL);
INSERT INTO "assessment_text" VALUES(12884901890,1,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_text" VALUES(4294967298,1,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_text" VALUES(34359738369,0,'because',NULL,'code',NULL);
INSERT INTO "assessment_text" VALUES(30064771073,0,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_text" VALUES(21474836481,0,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_text" VALUES(34359738369,1,'because',NULL,'code',NULL);
INSERT INTO "assessment_text" VALUES(30064771073,1,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_text" VALUES(21474836481,1,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_text" VALUES(34359738370,0,'because',NULL,'code',NULL);
INSERT INTO "assessment_text" VALUES(30064771074,0,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_text" VALUES(21474836482,0,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_text" VALUES(34359738371,0,'because',NULL,'code',NULL);
INSERT INTO "assessment_text" VALUES(30064771075,0,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_text" VALUES(21474836483,0,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_text" VALUES(34359738371,1,'because',NULL,'code',NULL);
INSERT INTO "assessment_text" VALUES(30064771075,1,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_text" VALUES(21474836483,1,NULL,'TypeError: x','code',NULL);
INSERT INTO "assessment_text" VALUES(34359738370,1,'because',NULL,'code',NULL);
INSERT INTO "assessment_text" VALUES(30064771074,1,NULL,NULL,'code','{"votes":3}');
INSERT INTO "assessment_text" VALUES(21474836482,1,NULL,'TypeError: x','code',NULL);
CREATE TABLE baseline (
	id INTEGER NOT NULL, 
	experiment TEXT NOT NULL, 
	name TEXT NOT NULL, 
	run_id INTEGER NOT NULL, 
	why TEXT NOT NULL, 
	who TEXT NOT NULL, 
	at DOUBLE NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id) REFERENCES run (id)
);
INSERT INTO "baseline" VALUES(1,'bot','main',1,'first','me',3.0);
CREATE TABLE case_ (
	id INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	test TEXT NOT NULL, 
	dataset TEXT NOT NULL, 
	case_id TEXT NOT NULL, 
	flags TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	content BLOB NOT NULL, 
	inputs TEXT NOT NULL, 
	expectations TEXT NOT NULL, 
	payload_id INTEGER, 
	PRIMARY KEY (id), 
	UNIQUE (hash)
);
INSERT INTO "case_" VALUES(1,X'007A66DFC2B0160685DB07474BFC2F0F','t.py::test','qa','a','{"flag": "on"}','digest of a',X'46530CA6EDE94F43DFE2D0E13EE4C949','{"question":"a"}','{"answer":"A"}',NULL);
INSERT INTO "case_" VALUES(2,X'C708AA4E0D4EA825D0461A43BF48A39B','t.py::test','qa','b','{"flag": "on"}','digest of b',X'1C446D4A176192686B24601918F09238','{"question":"b"}','{"answer":"A"}',NULL);
INSERT INTO "case_" VALUES(3,X'31E99310702653F8988DE40EC3CD5787','t.py::test','qa','c','{"flag": "on"}','digest of c',X'F165DF5627DDB2E50018A2BA2200D832','{"question":"c"}','{"answer":"A"}',NULL);
CREATE TABLE label (
	id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (text)
);
INSERT INTO "label" VALUES(1,'warm');
CREATE TABLE payload (
	id INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	compressed SMALLINT NOT NULL, 
	body BLOB NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (hash)
);
INSERT INTO "payload" VALUES(1,X'FBF74A8D41E6FEB8D74D67AE0BA09D48',1,X'7801EDD5310D00400803402FECC8FA151292F78F0314DCC4DED05ECCAFEC7A8E087C8122D8027348041AD2908634A4210D6948431AD2908634A4210D6948431AD29086343C348C05ADB0CE7B');
INSERT INTO "payload" VALUES(2,X'4347989CE0BDEB4E6EC692312493247A',1,X'7801EDD5B10D00300803B05FD8FB1A48A888F7FB412FF0C41E91387AF2DC2D4704BE40116C813924020D6948431AD2908634A4210D6948431AD2908634A4210D6948431A7E348C0773662C4A');
CREATE TABLE run (
	id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	experiment TEXT NOT NULL, 
	version TEXT NOT NULL, 
	commit_id TEXT, 
	branch TEXT, 
	dirty BOOLEAN, 
	repository TEXT, 
	package_version TEXT, 
	params TEXT NOT NULL, 
	env TEXT NOT NULL, 
	flags TEXT NOT NULL, 
	tags TEXT NOT NULL, 
	started_at DOUBLE NOT NULL, 
	ended_at DOUBLE, 
	status TEXT NOT NULL, 
	reason TEXT, 
	expected INTEGER, 
	stored INTEGER NOT NULL, 
	repeated BOOLEAN DEFAULT 0 NOT NULL, 
	origin TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE ("key")
);
INSERT INTO "run" VALUES(1,'run-one','bot','v1','abc',NULL,NULL,NULL,NULL,'{}','dev','{"x": "1"}','{}',1.0,2.0,'complete',NULL,6,6,1,'session');
INSERT INTO "run" VALUES(2,'run-two','bot','v1','abc',NULL,NULL,NULL,NULL,'{}','dev','{"x": "1"}','{}',2.0,3.0,'complete',NULL,6,6,1,'session');
CREATE TABLE run_test (
	run_id INTEGER NOT NULL, 
	dataset TEXT NOT NULL, 
	test TEXT NOT NULL, 
	PRIMARY KEY (run_id, dataset, test), 
	FOREIGN KEY(run_id) REFERENCES run (id)
);
INSERT INTO "run_test" VALUES(1,'qa','t.py::test');
INSERT INTO "run_test" VALUES(2,'qa','t.py::test');
CREATE TABLE scorer (
	id INTEGER NOT NULL, 
	metric TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (metric, fingerprint)
);
INSERT INTO "scorer" VALUES(1,'broken','f4');
INSERT INTO "scorer" VALUES(2,'right','f3');
INSERT INTO "scorer" VALUES(3,'tone','f2');
INSERT INTO "scorer" VALUES(4,'score','f1');
CREATE TABLE series (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	scorer_id INTEGER NOT NULL, 
	better TEXT NOT NULL, 
	tolerance DOUBLE, 
	low DOUBLE, 
	high DOUBLE, 
	kind TEXT, 
	gate BOOLEAN NOT NULL, 
	must_pass BOOLEAN NOT NULL, 
	cases INTEGER, 
	bools INTEGER, 
	numbers INTEGER, 
	labels INTEGER, 
	errors INTEGER, 
	minimum DOUBLE, 
	maximum DOUBLE, 
	mean DOUBLE, 
	standard_error DOUBLE, 
	PRIMARY KEY (id), 
	UNIQUE (run_id, scorer_id), 
	FOREIGN KEY(run_id) REFERENCES run (id), 
	FOREIGN KEY(scorer_id) REFERENCES scorer (id)
);
INSERT INTO "series" VALUES(1,1,1,'higher',NULL,NULL,NULL,NULL,1,0,0,0,0,0,3,NULL,NULL,NULL,NULL);
INSERT INTO "series" VALUES(2,1,2,'higher',NULL,NULL,NULL,NULL,1,1,3,6,0,0,0,0.0,1.0,3.33333333333333314829e-01,3.3333333333333337034e-01);
INSERT INTO "series" VALUES(3,1,3,'higher',NULL,NULL,NULL,NULL,0,0,3,0,0,3,0,NULL,NULL,NULL,NULL);
INSERT INTO "series" VALUES(4,1,4,'lower',0.1,0.0,2.0,'score',1,0,3,0,6,0,0,0.97,1.99,1.48000000000000020428e+00,5.77350269189626317395e-03);
INSERT INTO "series" VALUES(5,2,1,'higher',NULL,NULL,NULL,NULL,1,0,0,0,0,0,3,NULL,NULL,NULL,NULL);
INSERT INTO "series" VALUES(6,2,2,'higher',NULL,NULL,NULL,NULL,1,1,3,6,0,0,0,0.0,1.0,3.33333333333333314829e-01,3.3333333333333337034e-01);
INSERT INTO "series" VALUES(7,2,3,'higher',NULL,NULL,NULL,NULL,0,0,3,0,0,3,0,NULL,NULL,NULL,NULL);
INSERT INTO "series" VALUES(8,2,4,'lower',0.1,0.0,2.0,'score',1,0,3,0,6,0,0,0.97,1.99,1.48000000000000020428e+00,5.77350269189626317395e-03);
CREATE TABLE span_payload (
	run_id INTEGER NOT NULL, 
	case_id INTEGER NOT NULL, 
	trial INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	payload_id INTEGER NOT NULL, 
	PRIMARY KEY (run_id, case_id, trial, attempt, payload_id)
)
 WITHOUT ROWID

;
CREATE TABLE stepset (
	id INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (hash)
);
CREATE TABLE stepset_step (
	stepset_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (stepset_id, kind, name)
)
 WITHOUT ROWID

;
CREATE TABLE tagset (
	id INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (hash)
);
INSERT INTO "tagset" VALUES(1,X'E2CED7A912A981977A06A238B7A1C064');
INSERT INTO "tagset" VALUES(2,X'15F29CC89C55E20E718FAC2275047ADB');
CREATE TABLE tagset_value (
	tagset_id INTEGER NOT NULL, 
	tag TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (tagset_id, tag)
)
 WITHOUT ROWID

;
INSERT INTO "tagset_value" VALUES(1,'topic','billing');
INSERT INTO "tagset_value" VALUES(2,'topic','refunds');
CREATE TABLE trace (
	run_id INTEGER NOT NULL, 
	case_id INTEGER NOT NULL, 
	trial INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	newest SMALLINT NOT NULL, 
	errored SMALLINT NOT NULL, 
	outcome TEXT NOT NULL, 
	started_at DOUBLE NOT NULL, 
	duration_s DOUBLE NOT NULL, 
	tagset_id INTEGER, 
	stepset_id INTEGER, 
	PRIMARY KEY (run_id, case_id, trial, attempt)
)
 WITHOUT ROWID

;
INSERT INTO "trace" VALUES(1,1,0,0,1,0,'passed',1800000000.0,0.25,1,NULL);
INSERT INTO "trace" VALUES(1,1,1,0,1,0,'passed',1800000001.0,0.25,1,NULL);
INSERT INTO "trace" VALUES(1,2,0,0,1,0,'passed',1800000000.0,0.25,2,NULL);
INSERT INTO "trace" VALUES(1,2,1,0,0,0,'passed',1800000001.0,0.25,2,NULL);
INSERT INTO "trace" VALUES(1,2,1,1,1,0,'passed',1800000001.0,0.25,2,NULL);
INSERT INTO "trace" VALUES(1,3,0,0,1,1,'failed',1800000000.0,0.25,2,NULL);
INSERT INTO "trace" VALUES(1,3,1,0,1,1,'failed',1800000001.0,0.25,2,NULL);
INSERT INTO "trace" VALUES(2,1,0,0,1,0,'passed',1800000000.0,0.25,1,NULL);
INSERT INTO "trace" VALUES(2,1,1,0,1,0,'passed',1800000001.0,0.25,1,NULL);
INSERT INTO "trace" VALUES(2,2,0,0,1,0,'passed',1800000000.0,0.25,2,NULL);
INSERT INTO "trace" VALUES(2,2,1,0,0,0,'passed',1800000001.0,0.25,2,NULL);
INSERT INTO "trace" VALUES(2,2,1,1,1,0,'passed',1800000001.0,0.25,2,NULL);
INSERT INTO "trace" VALUES(2,3,0,0,1,1,'failed',1800000000.0,0.25,2,NULL);
INSERT INTO "trace" VALUES(2,3,1,0,1,1,'failed',1800000001.0,0.25,2,NULL);
CREATE TABLE trace_spans (
	run_id INTEGER NOT NULL, 
	case_id INTEGER NOT NULL, 
	trial INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	trace_id TEXT NOT NULL, 
	compressed SMALLINT NOT NULL, 
	body BLOB, 
	PRIMARY KEY (run_id, case_id, trial, attempt)
);
CREATE TABLE trace_text (
	run_id INTEGER NOT NULL, 
	case_id INTEGER NOT NULL, 
	trial INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	nodeid TEXT NOT NULL, 
	error TEXT, 
	warnings TEXT, 
	inputs TEXT, 
	expectations TEXT, 
	outputs TEXT, 
	payload_id INTEGER, 
	inputs_payload_id INTEGER, 
	PRIMARY KEY (run_id, case_id, trial, attempt)
);
INSERT INTO "trace_text" VALUES(1,1,0,0,'t.py::test[a-0]',NULL,'["it is late"]',NULL,NULL,NULL,1,NULL);
INSERT INTO "trace_text" VALUES(1,1,1,0,'t.py::test[a-1]',NULL,'["it is late"]',NULL,NULL,NULL,1,NULL);
INSERT INTO "trace_text" VALUES(1,2,0,0,'t.py::test[b-0]',NULL,'["it is late"]',NULL,NULL,'"short"',NULL,NULL);
INSERT INTO "trace_text" VALUES(1,2,1,0,'t.py::test[b-1]',NULL,'["it is late"]',NULL,NULL,'"short"',NULL,NULL);
INSERT INTO "trace_text" VALUES(1,3,0,0,'t.py::test[c-0]','ValueError: no','["it is late"]',NULL,NULL,'"short"',NULL,NULL);
INSERT INTO "trace_text" VALUES(1,3,1,0,'t.py::test[c-1]','ValueError: no','["it is late"]',NULL,NULL,'"short"',NULL,NULL);
INSERT INTO "trace_text" VALUES(1,2,1,1,'t.py::test[b-1]',NULL,'["it is late"]',NULL,NULL,'"short"',NULL,NULL);
INSERT INTO "trace_text" VALUES(2,1,0,0,'t.py::test[a-0]',NULL,'["it is late"]',NULL,NULL,NULL,2,NULL);
INSERT INTO "trace_text" VALUES(2,1,1,0,'t.py::test[a-1]',NULL,'["it is late"]',NULL,NULL,NULL,2,NULL);
INSERT INTO "trace_text" VALUES(2,2,0,0,'t.py::test[b-0]',NULL,'["it is late"]',NULL,NULL,'"short"',NULL,NULL);
INSERT INTO "trace_text" VALUES(2,2,1,0,'t.py::test[b-1]',NULL,'["it is late"]',NULL,NULL,'"short"',NULL,NULL);
INSERT INTO "trace_text" VALUES(2,3,0,0,'t.py::test[c-0]','ValueError: no','["it is late"]',NULL,NULL,'"short"',NULL,NULL);
INSERT INTO "trace_text" VALUES(2,3,1,0,'t.py::test[c-1]','ValueError: no','["it is late"]',NULL,NULL,'"short"',NULL,NULL);
INSERT INTO "trace_text" VALUES(2,2,1,1,'t.py::test[b-1]',NULL,'["it is late"]',NULL,NULL,'"short"',NULL,NULL);
CREATE TABLE verdict (
	id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	baseline_key TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	rule TEXT NOT NULL, 
	exit_code INTEGER NOT NULL, 
	at DOUBLE NOT NULL, 
	policy TEXT NOT NULL, 
	metrics TEXT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run_id) REFERENCES run (id)
);
CREATE INDEX run_by_experiment ON run (experiment, started_at);
CREATE INDEX case_by_flags ON case_ (flags) WHERE flags <> '';
CREATE INDEX tagset_by_value ON tagset_value (tag, value);
CREATE INDEX ix_trace_spans_trace_id ON trace_spans (trace_id);
CREATE INDEX superseded_by_trial ON assessment_superseded (run_id, case_id, trial);
CREATE INDEX ix_baseline_run_id ON baseline (run_id);
CREATE INDEX baseline_by_name ON baseline (experiment, name);
CREATE INDEX ix_verdict_run_id ON verdict (run_id);
COMMIT;
