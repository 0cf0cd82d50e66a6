using System.Text.Json;
using System.Text.Json.Serialization;
using Federation.Ethereum;

namespace Federation.Chain;

/// <summary>Where the contracts stand on one chain. Written and read as the deployment file (<c>deployments/&lt;chain id&gt;.json</c>).</summary>
/// <param name="Token">What leases are paid with by default; null when the deployment names none.</param>
/// <param name="BlockNumber">Block of the deployment: nothing of these contracts is older.</param>
public sealed record ContractAddresses(
    Address Vault,
    Address Parameters,
    Address Registry,
    Address Apps,
    Address LeaseManager,
    Address Market,
    Address Disputes,
    Address Results,
    Address Lens,
    Address? Token,
    ulong BlockNumber)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
    };

    /// <exception cref="InvalidDataException">The file cannot be read as a deployment; the message says where and why.</exception>
    public static ContractAddresses Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ContractAddresses>(File.ReadAllText(path), Json)
                ?? throw new InvalidDataException($"The deployment file {path} holds null.");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The deployment file {path} cannot be read: {e.Message}", e);
        }
    }

    public void Save(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Json) + "\n");
}
