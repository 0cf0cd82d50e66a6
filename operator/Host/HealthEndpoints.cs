using Federation.Host.Serving;

namespace Federation.Host;

/// <summary>What a kubelet, a rollout and a balancer ask: alive, able to lead, leading. Where the answer is no, the text says why.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        // Asked for now: its metric is there before anybody asks.
        var replica = endpoints.ServiceProvider.GetRequiredService<ReplicaHealth>();
        var own = endpoints.MapGroup("");
        own.OnOwnPort();
        own.MapGet("/healthz", () => Answer(replica.WhyDead));
        own.MapGet("/readyz", () => Answer(replica.WhyNotReady));
        own.MapGet("/leading", () => Answer(replica.WhyNotServing));
    }

    private static IResult Answer(string? fault) => fault is null ? Results.Text("ok") : Results.Text(fault, statusCode: StatusCodes.Status503ServiceUnavailable);
}
