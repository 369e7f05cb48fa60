using System;
using Doppel.Devices;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>
/// The timers that wait, as a binary heap ordered by due time and then by order of registration, so that a restored machine fires
/// them in the same order as the one that was saved. Grows with the number of timers made, never with what a guest does.
/// </summary>
internal sealed class EventQueue
{
    private BoardTimer[] _heap = new BoardTimer[16];
    private int _count;
    private int _registered;

    public BoardTimer? First => _count == 0 ? null : _heap[0];

    public BoardTimer Register(GuestClock clock, string name, Action fired)
    {
        BoardTimer timer = new(clock, name, fired, _registered++);
        if (_registered > _heap.Length)
        {
            Array.Resize(ref _heap, _heap.Length * 2);
        }

        return timer;
    }

    public void Put(BoardTimer timer)
    {
        if (timer.Place < 0)
        {
            timer.Place = _count;
            _heap[_count++] = timer;
        }

        Settle(timer);
    }

    public void Remove(BoardTimer timer)
    {
        int place = timer.Place;
        if (place < 0)
        {
            return;
        }

        timer.Place = -1;
        BoardTimer last = _heap[--_count];
        _heap[_count] = null!;
        if (!ReferenceEquals(last, timer))
        {
            _heap[place] = last;
            last.Place = place;
            Settle(last);
        }
    }

    private static bool Before(BoardTimer left, BoardTimer right) =>
        left.Due != right.Due ? left.Due < right.Due : left.Order < right.Order;

    private void Settle(BoardTimer timer)
    {
        int place = timer.Place;
        while (place > 0 && Before(timer, _heap[(place - 1) >> 1]))
        {
            place = Shift((place - 1) >> 1, place);
        }

        while (true)
        {
            int child = (place * 2) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && Before(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (!Before(_heap[child], timer))
            {
                break;
            }

            place = Shift(child, place);
        }

        _heap[place] = timer;
        timer.Place = place;
    }

    // Moves the timer at one place to another; returns the place that became free.
    private int Shift(int from, int to)
    {
        _heap[to] = _heap[from];
        _heap[to].Place = to;
        return from;
    }
}

/// <summary>A timer of the board.</summary>
internal sealed class BoardTimer(GuestClock clock, string name, Action fired, int order) : ITimer
{
    public string Name => name;

    public int Order => order;

    /// <summary>Index in the heap, or -1.</summary>
    public int Place { get; set; } = -1;

    public GuestTime Due { get; private set; } = GuestTime.Never;

    public void Arm(GuestTime due)
    {
        if (due == GuestTime.Never)
        {
            Cancel();
            return;
        }

        Due = due;
        clock.Armed(this);
    }

    public void Cancel()
    {
        Due = GuestTime.Never;
        clock.Cancelled(this);
    }

    public void Fire()
    {
        Cancel();
        fired();
    }
}
