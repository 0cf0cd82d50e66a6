namespace Federation.Host.Serving;

/// <summary>
/// Keeps what the datacenter asks of its operator apart from what tenants do: by the port that was connected to, which no header changes,
/// and by the endpoint that answers, however its path is spelled.
/// </summary>
internal static class OwnPort
{
    /// <param name="port">0: all is answered everywhere.</param>
    public static IApplicationBuilder UseOwnPort(this IApplicationBuilder app, int port) => port == 0 ? app : app.Use((http, next) =>
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<Mark>() is not null == (http.Connection.LocalPort == port)) return next(http);
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });

    /// <summary>It is answered at the own port alone, where there is one.</summary>
    public static void OnOwnPort(this IEndpointConventionBuilder endpoint) => endpoint.WithMetadata(new Mark());

    private sealed class Mark;
}
