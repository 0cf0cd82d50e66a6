namespace Federation.Application.Ports;

/// <summary>Addresses and hashes as they come over the ports: 0x hex, in whichever case.</summary>
internal static class Addresses
{
    public static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    public static bool IsZero(string address) => address.AsSpan(2).TrimStart('0').IsEmpty;
}
