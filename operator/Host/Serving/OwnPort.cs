namespace Federation.Host.Serving;

/// <summary>Keeps what the datacenter asks of its operator apart from what tenants do: by the port that was connected to, which no header changes.</summary>
internal static class OwnPort
{
    private static readonly HashSet<string> Own = new(StringComparer.Ordinal) { "/healthz", "/readyz", "/leading", "/metrics" };

    /// <param name="port">0: all is answered everywhere.</param>
    public static IApplicationBuilder UseOwnPort(this IApplicationBuilder app, int port) => port == 0 ? app : app.Use((http, next) =>
    {
        if (Own.Contains(http.Request.Path.Value ?? "") == (http.Connection.LocalPort == port)) return next(http);
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });
}
