namespace Federation.Proxies;

/// <summary>One way in which a server, or the way to it, misbehaves. <see cref="Proxy.Fault"/> switches it on and off.</summary>
public abstract class Fault
{
    /// <summary>All is well.</summary>
    public static Fault None { get; } = new Nothing();

    /// <summary>Answers a request, or has the server answer it.</summary>
    public virtual Task HandleAsync(Exchange exchange) => exchange.PassAsync();

    /// <summary>Asked for each line of a watch, also of one that was opened before; the empty line stands for its end.</summary>
    public virtual Task<bool> LetsPassAsync(Exchange exchange, string line) => Task.FromResult(true);

    private sealed class Nothing : Fault;
}
