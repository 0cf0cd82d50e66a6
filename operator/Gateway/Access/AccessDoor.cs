using Federation.Application.Access;
using Federation.Application.Ports;

namespace Federation.Gateway.Access;

/// <summary>What lets tenants in, once it is known.</summary>
/// <param name="Server">Address of the API server.</param>
/// <param name="Api">Connections to it that carry the operator's credential.</param>
public sealed record OpenDoor(Uri Server, HttpMessageInvoker Api, ITenantSpaces Spaces, TenantCredentials Credentials);

/// <summary>The tenants' way to the API server: closed until this process knows its cluster, then open, whether it leads or not.</summary>
public sealed class AccessDoor : IDisposable
{
    private volatile OpenDoor? open;

    /// <summary>Null: not yet.</summary>
    public OpenDoor? Open => open;

    public void Set(OpenDoor door) => open = door;

    public void Dispose() => open?.Api.Dispose();
}
