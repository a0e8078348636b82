//! Tracing spans: one per call and one per attempt, with names from the OpenTelemetry conventions for HTTP clients. No
//! span contains a query, a body, a secret, or a header except the request id. Without the feature `tracing` the spans
//! are empty.

#[cfg(feature = "tracing")]
use tracing::Instrument;

use crate::api::operation::Operation;
use crate::api::response::Meta;
use crate::error::Error;
use crate::net::base_url::BaseUrl;

/// The span of a call.
pub(super) struct CallSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

/// The span of an attempt.
pub(super) struct AttemptSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

#[cfg(feature = "tracing")]
impl CallSpan {
    pub(super) fn new(operation: &Operation) -> Self {
        use tracing::field::Empty;
        let span = tracing::info_span!(
            target: "ionos_activitylog",
            "ionos.activity_log.call",
            otel.name = operation.id,
            otel.kind = "internal",
            otel.status_code = Empty,
            error.type = Empty,
            ionos.attempts = Empty,
            ionos.request_id = Empty,
        );
        Self { span }
    }

    pub(super) async fn run<F: Future>(&self, work: F) -> F::Output {
        work.instrument(self.span.clone()).await
    }

    pub(super) fn finish(&self, result: Result<&Meta, &Error>) {
        let (attempts, request_id) = match result {
            Ok(meta) => (meta.attempts(), meta.request_id()),
            Err(error) => {
                record_error(&self.span, error);
                (error.attempts(), error.request_id())
            }
        };
        self.span.record("ionos.attempts", attempts);
        if let Some(id) = request_id {
            self.span.record("ionos.request_id", id);
        }
    }
}

#[cfg(feature = "tracing")]
impl AttemptSpan {
    pub(super) fn new(operation: &Operation, base_url: &BaseUrl, number: u32) -> Self {
        use tracing::field::Empty;
        let resent = number.saturating_sub(1);
        let span = tracing::debug_span!(
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
        );
        Self { span }
    }

    pub(super) async fn run<F: Future>(&self, work: F) -> F::Output {
        work.instrument(self.span.clone()).await
    }

    pub(super) fn finish(&self, result: Result<u16, &Error>) {
        let status = match result {
            Ok(status) => Some(status),
            Err(error) => {
                record_error(&self.span, error);
                error.status()
            }
        };
        if let Some(status) = status {
            self.span.record("http.response.status_code", status);
        }
    }
}

#[cfg(feature = "tracing")]
fn record_error(span: &tracing::Span, error: &Error) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", tracing::field::debug(error.kind()));
}

#[cfg(not(feature = "tracing"))]
impl CallSpan {
    pub(super) fn new(_: &Operation) -> Self {
        Self {}
    }

    pub(super) async fn run<F: Future>(&self, work: F) -> F::Output {
        work.await
    }

    pub(super) fn finish(&self, _: Result<&Meta, &Error>) {}
}

#[cfg(not(feature = "tracing"))]
impl AttemptSpan {
    pub(super) fn new(_: &Operation, _: &BaseUrl, _: u32) -> Self {
        Self {}
    }

    pub(super) async fn run<F: Future>(&self, work: F) -> F::Output {
        work.await
    }

    pub(super) fn finish(&self, _: Result<u16, &Error>) {}
}
