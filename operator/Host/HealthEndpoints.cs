using Federation.Application.Reconciling;

namespace Federation.Host;

/// <summary>What a kubelet asks: alive, and able to work.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz", () => "ok");
        endpoints.MapGet("/readyz", (CurrentTerm term, OperatorHealth health) => (term.IsReady, health.ChainError) switch
        {
            (false, _) => Results.Text("not leading, or waiting for the cluster", statusCode: StatusCodes.Status503ServiceUnavailable),
            (_, { } error) => Results.Text(error, statusCode: StatusCodes.Status503ServiceUnavailable),
            _ => Results.Text("ok"),
        });
    }
}
