//! What a client does can be watched: one span for a call and one for each attempt, named as OpenTelemetry's
//! conventions for HTTP clients have it. No span holds a query, a header, a body or a secret; the feature `tracing`
//! switches them on.

#[cfg(feature = "tracing")]
pub(crate) use on::{AttemptSpan, CallSpan};

#[cfg(not(feature = "tracing"))]
pub(crate) use off::{AttemptSpan, CallSpan};

#[cfg(feature = "tracing")]
mod on {
    use tracing::field::Empty;
    use tracing::{Instrument, Span};

    use crate::base_url::BaseUrl;
    use crate::operation::Operation;
    use crate::{Error, Meta};

    /// The span of a call.
    pub(crate) struct CallSpan(Span);

    impl CallSpan {
        pub(crate) fn new(operation: &Operation) -> Self {
            Self(tracing::info_span!(
                target: "ionos_activitylog",
                "ionos.activity_log.call",
                otel.name = operation.id,
                otel.kind = "internal",
                otel.status_code = Empty,
                error.type = Empty,
                ionos.attempts = Empty,
                ionos.request_id = Empty,
            ))
        }

        pub(crate) async fn around<F: Future>(&self, work: F) -> F::Output {
            work.instrument(self.0.clone()).await
        }

        pub(crate) fn ended(&self, outcome: Result<&Meta, &Error>) {
            let (attempts, request_id) = match outcome {
                Ok(meta) => (meta.attempts(), meta.request_id().map(str::to_owned)),
                Err(error) => {
                    self.0.record("otel.status_code", "ERROR");
                    self.0.record("error.type", tracing::field::debug(error.kind()));
                    (error.attempts(), error.request_id().map(str::to_owned))
                }
            };
            self.0.record("ionos.attempts", attempts);
            if let Some(id) = request_id {
                self.0.record("ionos.request_id", id);
            }
        }
    }

    /// The span of an attempt.
    pub(crate) struct AttemptSpan(Span);

    impl AttemptSpan {
        pub(crate) fn new(operation: &Operation, base_url: &BaseUrl, number: u32) -> Self {
            let resent = number.saturating_sub(1);
            Self(tracing::debug_span!(
                target: "ionos_activitylog",
                "ionos.activity_log.attempt",
                otel.name = format!("GET {}", operation.template),
                otel.kind = "client",
                otel.status_code = Empty,
                http.request.method = "GET",
                http.request.resend_count = (resent > 0).then_some(resent),
                http.response.status_code = Empty,
                url.template = operation.template,
                server.address = base_url.host(),
                server.port = base_url.port(),
                error.type = Empty,
            ))
        }

        pub(crate) async fn around<F: Future>(&self, work: F) -> F::Output {
            work.instrument(self.0.clone()).await
        }

        pub(crate) fn ended(&self, outcome: Result<u16, &Error>) {
            let status = match outcome {
                Ok(status) => Some(status),
                Err(error) => {
                    self.0.record("otel.status_code", "ERROR");
                    self.0.record("error.type", tracing::field::debug(error.kind()));
                    error.status()
                }
            };
            if let Some(status) = status {
                self.0.record("http.response.status_code", status);
            }
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use crate::base_url::BaseUrl;
    use crate::operation::Operation;
    use crate::{Error, Meta};

    pub(crate) struct CallSpan;

    impl CallSpan {
        pub(crate) fn new(_: &Operation) -> Self {
            Self
        }

        pub(crate) async fn around<F: Future>(&self, work: F) -> F::Output {
            work.await
        }

        pub(crate) fn ended(&self, _: Result<&Meta, &Error>) {}
    }

    pub(crate) struct AttemptSpan;

    impl AttemptSpan {
        pub(crate) fn new(_: &Operation, _: &BaseUrl, _: u32) -> Self {
            Self
        }

        pub(crate) async fn around<F: Future>(&self, work: F) -> F::Output {
            work.await
        }

        pub(crate) fn ended(&self, _: Result<u16, &Error>) {}
    }
}
