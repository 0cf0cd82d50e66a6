using Federation.Application.Reconciling;

namespace Federation.Host;

/// <summary>What a kubelet asks: alive, and able to work.</summary>
internal static class HealthEndpoints
{
    // A watch ends after five minutes, and one that says nothing counts as dead soon after: of a term that still leads, and so
    // reaches its API server, twice that is no outage but a watch that hangs.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(12);

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz", (CurrentTerm term) => term.Silence is var silence && silence > LongestSilence
            ? Results.Text($"a watch of the cluster has been silent for {silence.TotalMinutes:0} min: start again", statusCode: StatusCodes.Status503ServiceUnavailable)
            : Results.Text("ok"));
        endpoints.MapGet("/readyz", (CurrentTerm term, OperatorHealth health) => (term.IsReady, health.ChainError) switch
        {
            (false, _) => Results.Text("not leading, or waiting for the cluster", statusCode: StatusCodes.Status503ServiceUnavailable),
            (_, { } error) => Results.Text(error, statusCode: StatusCodes.Status503ServiceUnavailable),
            _ => Results.Text("ok"),
        });
    }
}
