using System;
using System.Collections.Generic;
using Doppel.Backends;

namespace Doppel.Machine;

/// <summary>
/// Shows a screen to those who look at it, some dozen times a second of the host. Machine's thread only. Nothing of it is state of the machine.
/// </summary>
internal sealed class ScreenPump(IScreen? screen, IReadOnlyList<IDisplayBackend> displays)
{
    private const long EveryMs = 25;

    private readonly ScreenPicture _picture = new();
    private readonly bool[] _watched = new bool[displays.Count];
    private long _next;

    /// <summary>Whether somebody looks, so that a machine with nothing to do should come by at the pace of pictures.</summary>
    public bool IsWatched
    {
        get
        {
            foreach (IDisplayBackend display in displays)
            {
                if (display.IsWatching)
                {
                    return screen is not null;
                }
            }

            return false;
        }
    }

    /// <summary>Longest time to sleep while somebody looks.</summary>
    public static long LongestSleepNs => EveryMs * 1_000_000;

    /// <summary>Shows what has changed, if it is time to.</summary>
    public void Tick()
    {
        if (displays.Count == 0 || Environment.TickCount64 < _next)
        {
            return;
        }

        _next = Environment.TickCount64 + EveryMs;
        if (screen is null || !IsWatched)
        {
            Array.Clear(_watched);
            return;
        }

        ScreenArea changed = screen.Update(_picture, all: false);
        TextScreen? text = null;
        for (int i = 0; i < displays.Count; i++)
        {
            bool isNew = !_watched[i];
            _watched[i] = displays[i].IsWatching;
            ScreenArea area = isNew ? new ScreenArea(0, 0, _picture.Width, _picture.Height) : changed;
            if (_watched[i] && !area.IsEmpty)
            {
                text ??= screen.ReadText();
                displays[i].Show(_picture, area, text);
            }
        }
    }
}
