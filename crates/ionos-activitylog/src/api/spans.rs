//! Tracing spans: one per call and one per attempt, named by OpenTelemetry's conventions for HTTP clients. No span contains
//! a query, a header, a body or a secret. The feature `tracing` enables them.

#[cfg(feature = "tracing")]
pub(crate) use enabled::{AttemptSpan, CallSpan};

#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::{AttemptSpan, CallSpan};

#[cfg(feature = "tracing")]
mod enabled {
    use tracing::field::Empty;
    use tracing::{Instrument, Span};

    use crate::api::operation::Operation;
    use crate::api::response::Meta;
    use crate::error::Error;
    use crate::net::base_url::BaseUrl;

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

        pub(crate) async fn run<F: Future>(&self, work: F) -> F::Output {
            work.instrument(self.0.clone()).await
        }

        pub(crate) fn finish(&self, result: Result<&Meta, &Error>) {
            let (attempts, request_id) = match result {
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

        pub(crate) async fn run<F: Future>(&self, work: F) -> F::Output {
            work.instrument(self.0.clone()).await
        }

        pub(crate) fn finish(&self, result: Result<u16, &Error>) {
            let status = match result {
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
mod disabled {
    use crate::api::operation::Operation;
    use crate::api::response::Meta;
    use crate::error::Error;
    use crate::net::base_url::BaseUrl;

    pub(crate) struct CallSpan;

    impl CallSpan {
        pub(crate) fn new(_: &Operation) -> Self {
            Self
        }

        pub(crate) async fn run<F: Future>(&self, work: F) -> F::Output {
            work.await
        }

        pub(crate) fn finish(&self, _: Result<&Meta, &Error>) {}
    }

    pub(crate) struct AttemptSpan;

    impl AttemptSpan {
        pub(crate) fn new(_: &Operation, _: &BaseUrl, _: u32) -> Self {
            Self
        }

        pub(crate) async fn run<F: Future>(&self, work: F) -> F::Output {
            work.await
        }

        pub(crate) fn finish(&self, _: Result<u16, &Error>) {}
    }
}
