using System;
using System.Threading;
using System.Threading.Tasks;

namespace Doppel.Host;

/// <summary>
/// Takes the page tables away from a mapping that is about to be replaced. Replacing a mapping takes the host as long as it has touched pages (15 ms
/// for 256 MiB); moving its tables takes one step for each 2 MiB, and what was moved is freed on another thread, while the guest runs on.
/// </summary>
// SAFETY: the addresses moved to are our own reservation of a moment before; the old ones stay mapped.
internal static class PageTablesAside
{
    private const long StepBytes = 2L << 20;
    private static readonly TimeSpan FreeAfter = TimeSpan.FromMilliseconds(50);

    /// <summary>Tries to; where the host cannot (Linux before 5.13), nothing has changed but that replacing will take longer.</summary>
    internal static void Move(nint at, long lengthBytes)
    {
        long reservedBytes = lengthBytes + StepBytes;
        nint reserved = NativeMethods.Mmap(0, (nuint)reservedBytes, NativeMethods.ProtNone, NativeMethods.MapPrivate | NativeMethods.MapAnonymous | NativeMethods.MapNoReserve, -1, 0);
        if (reserved == -1)
        {
            return;
        }

        // Whole tables can be moved only between places that lie alike within them.
        nint to = reserved + (nint)((at - reserved) & (StepBytes - 1));
        _ = NativeMethods.Mremap(at, (nuint)lengthBytes, (nuint)lengthBytes, NativeMethods.RemapMayMove | NativeMethods.RemapFixed | NativeMethods.RemapKeepOld, to);

        // Later: freeing at once would hold up the mappings that whoever replaces this one makes next.
        _ = Task.Delay(FreeAfter).ContinueWith(_ => Free(reserved, reservedBytes), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    // Piece by piece: who maps something meanwhile waits for one piece only.
    private static void Free(nint at, long lengthBytes)
    {
        for (long done = 0; done < lengthBytes; done += StepBytes)
        {
            _ = NativeMethods.Munmap(at + (nint)done, (nuint)Math.Min(StepBytes, lengthBytes - done));
        }
    }
}
