namespace Federation.Harness.Routing;

/// <summary>One name at one of the ingress's two doors.</summary>
/// <param name="IsSafe">At the door of HTTPS.</param>
/// <param name="Target">Address and port that it is led to; null: to the same name at the other door.</param>
/// <param name="Pair">Shown to who asks for the name at the door of HTTPS; null: the ingress's own.</param>
internal sealed record Served(string Host, bool IsSafe, string? Target, KeyPair? Pair = null);
