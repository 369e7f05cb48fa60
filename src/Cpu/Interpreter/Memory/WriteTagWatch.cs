using System;
using System.Collections.Generic;
using Doppel.Memory;

namespace Doppel.Cpu.Interpreter.Memory;

/// <summary>
/// Takes the TLB's write tags when the marks of any RAM were collected: a write tag lets stores pass without marking their page, which holds only
/// as long as the page's mark stands. Machine's thread.
/// </summary>
internal sealed class WriteTagWatch : IDisposable
{
    private readonly GuestPhysicalSpace _space;
    private readonly Action _dropWriters;
    private readonly HashSet<GuestRam> _watched = [];

    internal WriteTagWatch(GuestPhysicalSpace space, Action dropWriters)
    {
        _space = space;
        _dropWriters = dropWriters;
        _space.Changed += Look;
        Look();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _space.Changed -= Look;
        foreach (GuestRam ram in _watched)
        {
            ram.DirtyCleared -= _dropWriters;
        }

        _watched.Clear();
    }

    private void Look()
    {
        foreach (FlatRange range in _space.Map.Ranges)
        {
            if (range.Kind == RegionKind.Ram && _watched.Add(range.Ram!))
            {
                range.Ram!.DirtyCleared += _dropWriters;
            }
        }
    }
}
