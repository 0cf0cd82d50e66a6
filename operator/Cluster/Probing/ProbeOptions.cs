namespace Federation.Cluster.Probing;

/// <summary>With what the network is probed, and where.</summary>
/// <param name="Image">Has a shell with httpd, wget and timeout, such as BusyBox.</param>
/// <param name="Namespace">The probe's own, with the operator's rights in it; it holds nothing else.</param>
public sealed record ProbeOptions(string Image, string Namespace);
