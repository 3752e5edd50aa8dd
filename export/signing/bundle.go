package signing

// bundle is a Sigstore bundle: github.com/sigstore/protobuf-specs, sigstore_bundle.proto.
type bundle struct {
	MediaType string `json:"mediaType"`
	Material  struct {
		PublicKey struct {
			Hint string `json:"hint"`
		} `json:"publicKey"`
		Entries []any `json:"tlogEntries"` // of a transparency log; there are none
	} `json:"verificationMaterial"`
	Envelope envelope `json:"dsseEnvelope"`
}

// envelope is a DSSE envelope. Bytes are in base64.
type envelope struct {
	Payload     []byte   `json:"payload"` // a statement
	PayloadType string   `json:"payloadType"`
	Signatures  []signed `json:"signatures"`
}

type signed struct {
	Signature []byte `json:"sig"`
	KeyID     string `json:"keyid"`
}

// statement is an in-toto statement.
type statement struct {
	Type          string    `json:"_type"`
	Subject       []subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     struct {
		Serialization serialization `json:"serialization"`
		Resources     []resource    `json:"resources"`
	} `json:"predicate"`
}

// subject is the whole of the files.
type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// serialization says how the files were listed.
type serialization struct {
	Method   string   `json:"method"`
	Hash     string   `json:"hash_type"`
	Symlinks bool     `json:"allow_symlinks"`
	Ignored  []string `json:"ignore_paths"`
}

// resource is a file.
type resource struct {
	Algorithm string `json:"algorithm"`
	Digest    string `json:"digest"`
	Name      string `json:"name"`
}
