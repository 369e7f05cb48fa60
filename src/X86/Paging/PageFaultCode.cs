namespace Doppel.X86.Paging;

/// <summary>Bits of a page fault's error code (Intel SDM vol. 3A 4.7).</summary>
public static class PageFaultCode
{
    /// <summary>P: the page was present, its rights or form were the problem.</summary>
    public const uint Protection = 1 << 0;

    /// <summary>W/R: the access was a write.</summary>
    public const uint Write = 1 << 1;

    /// <summary>U/S: the access was made in user mode.</summary>
    public const uint User = 1 << 2;

    /// <summary>I/D: the access was an instruction fetch; reported only where no-execute or SMEP is in force.</summary>
    public const uint Fetch = 1 << 4;

    // RSVD never comes without P.
    internal const uint Reserved = (1 << 3) | Protection;
    internal const uint NotPresent = 0;
    internal const uint Fine = uint.MaxValue;
}
