using Federation.Application.Settings;
using Federation.Chain.Options;
using Federation.Host.Options;

namespace Federation.Host.Tenancy;

/// <summary>Of a tenant's operator, what its reloadable options say now.</summary>
internal sealed class LiveTenantOptions(TenantOptions first)
{
    public Live<SendingOptions> Sending { get; } = new(first.Chain.Sending);

    public LogLevels Levels { get; } = new(first.Log);

    public void Take(TenantOptions next)
    {
        Sending.Set(next.Chain.Sending);
        Levels.Take(next.Log);
    }
}
