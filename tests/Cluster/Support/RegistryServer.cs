using System.Net;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Cluster.Tests.Support;

/// <summary>A server on this machine that answers as it is told, and remembers what it was asked.</summary>
internal sealed class RegistryServer : IDisposable
{
    private readonly HttpListener listener = new();

    public RegistryServer(Func<HttpListenerContext, Task> answer)
    {
        Endpoint = new Uri($"http://127.0.0.1:{Ports.Free(1)[0]}/");
        listener.Prefixes.Add(Endpoint.ToString());
        listener.Start();
        _ = ServeAsync(answer);
    }

    public Uri Endpoint { get; }

    /// <summary>Method and path of each request, with what it carried as credentials.</summary>
    public List<string> Asked { get; } = [];

    public void Dispose() => listener.Close();

    private async Task ServeAsync(Func<HttpListenerContext, Task> answer)
    {
        while (listener.IsListening)
            try
            {
                var context = await listener.GetContextAsync();
                lock (Asked) Asked.Add($"{context.Request.HttpMethod} {context.Request.Url!.PathAndQuery} {context.Request.Headers["Authorization"]}".TrimEnd());
                _ = AnswerAsync(context, answer);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
    }

    private static async Task AnswerAsync(HttpListenerContext context, Func<HttpListenerContext, Task> answer)
    {
        try
        {
            await answer(context);
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
        {
            // Who asked has hung up.
        }
    }
}
