namespace Federation.Harness.Demo;

/// <summary>How the demo's operators run.</summary>
internal enum DemoOperators
{
    /// <summary>As pods of their datacenters, of the image and the chart: as administrators run them.</summary>
    Pods,

    /// <summary>As processes of this machine, for debuggers.</summary>
    Host,
}
