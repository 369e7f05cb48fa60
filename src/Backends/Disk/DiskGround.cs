using System.Threading;

namespace Doppel.Backends.Disk;

/// <summary>A disk that several overlays lie over; closed with the last of them. Any thread.</summary>
internal sealed class DiskGround(IBlockBackend disk)
{
    private int _holders = 1;

    /// <summary>The disk; only read.</summary>
    public IBlockBackend Disk { get; } = disk;

    /// <summary>One holder more.</summary>
    public DiskGround Share()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    /// <summary>One holder less.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            Disk.Dispose();
        }
    }
}
