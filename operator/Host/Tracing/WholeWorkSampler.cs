using System.Diagnostics;
using OpenTelemetry.Trace;

namespace Federation.Host.Tracing;

/// <summary>Work is traced whole or not at all; a call that belongs to none, such as the next look at the chain, is no trace of its own.</summary>
internal sealed class WholeWorkSampler(double ratio) : Sampler
{
    private readonly ParentBasedSampler inner = new(new TraceIdRatioBasedSampler(ratio));

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Kind == ActivityKind.Client && samplingParameters.ParentContext.TraceId == default ? new SamplingResult(SamplingDecision.Drop) : inner.ShouldSample(samplingParameters);
}
