// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IMarket} from "../../src/interfaces/IMarket.sol";
import {Parameters} from "../../src/interfaces/IParameters.sol";
import {Offer, Request} from "../../src/types/Lease.sol";
import {TestToken} from "../utils/TestToken.sol";
import {TenantMoves} from "./TenantMoves.sol";

/// @title The open path: Requests on chain, what datacenters bid for them and then do not hold, awards by anyone, money back.
abstract contract OpenMoves is TenantMoves {
    uint256 private constant MAX_POSTS = 8;

    /// @dev By key, by contract, or by a sponsor, which may not have the contract called back; now and then for a time that is not
    /// allowed.
    function post(uint256 a, uint256 b, uint256 c) external looked {
        if (_post(a, b, c)) _done();
    }

    function _post(uint256 a, uint256 b, uint256 c) private returns (bool) {
        if (posts.length == MAX_POSTS) return false;
        (uint256 d, uint256 t) = (a % 4 == 3 ? HOSTILE : 0, b % TENANTS);
        (, Request memory r) = _orders(d, t, b);
        (r.salt, r.fills, r.sponsor) = (++salt, uint32(1 + c % 3), a % 5 == 0 ? stranger : address(0));
        (r.durationSeconds, r.app) = (uint32(bound(c, 1, 8 hours)), c % 2 == 0 ? app : bytes32(0));
        uint256 total = uint256(r.deposit) * r.fills;
        address payer = r.sponsor == address(0) ? r.tenant : r.sponsor;
        uint256 has = _wealth(payer, r.token);
        vm.prank(payer);
        try market.post(r, uint32(bound(c, 59, 30 minutes)), "") returns (bytes32 id) {
            posts.push(Posted(id, d, payer, total, r));
            vm.assertTrue(!r.callback || payer == r.tenant, "15: called back without having asked");
            _rememberOrder(id, r.fills);
            vm.assertEq(has - _wealth(payer, r.token), total, "1: a post costs its deposits");
            _matchesNoMore(d, t, r);
            return true;
        } catch {
            return false;
        }
    }

    /// @dev 11: what was posted goes to the award and to nobody else, or its deposits would be spent twice.
    function _matchesNoMore(uint256 d, uint256 t, Request memory r) private {
        (Offer memory o,) = _orders(d, t, 1);
        bytes memory signature = _signAs(t, market.requestHash(r));
        vm.startPrank(r.sponsor == address(0) ? operators[d] : r.sponsor);
        bytes memory offered = d == HOSTILE ? bytes("") : _sign(_operatorKey(d), market.offerHash(o));
        try market.matchOrders(o, offered, r, signature, "") {
            vm.assertTrue(false, "11: a posted Request matched");
        } catch {}
        vm.stopPrank();
    }

    /// @dev All that are paid in its token bid, most of them better than before; some come back, some are somebody else.
    function bid(uint256 i, uint256 what) external looked {
        (bool found, uint256 at) = _pickBidding(i);
        if (!found && !_post(i, what, what >> 8)) return;
        if (!found) at = posts.length - 1;
        Request memory r = posts[at].request;
        bool good = posts[at].datacenter != HOSTILE;
        _comeBack();
        for (uint256 d = good ? 0 : HOSTILE; d < (good ? HOSTILE : DATACENTERS); ++d) {
            uint256 mood = (what >> (16 * d)) % 65_536;
            if (mood % 8 == 0) continue;
            (Offer memory o,) = _orders(d, 0, 1);
            (o.requestHash, o.volume, o.salt) = (posts[at].id, 1, ++salt);
            o.prices.cpu -= uint96(mood % 1000) * 1e6;
            vm.prank(mood % 64 == 1 ? stranger : operators[d]);
            try market.bid(r, o) {
                bidOf[market.offerHash(o)] = o;
                _done();
            } catch {}
        }
        _checkRanking(posts[at].id);
    }

    /// @dev Cheapest first, each provider once.
    function _checkRanking(bytes32 id) private view {
        IMarket.Bid[] memory ranked = market.bids(id);
        for (uint256 n = 1; n < ranked.length; ++n) {
            vm.assertLe(ranked[n - 1].cost, ranked[n].cost, "bids: order");
            for (uint256 m = 0; m < n; ++m) vm.assertFalse(ranked[m].provider == ranked[n].provider, "bids: twice");
        }
    }

    /// @dev A bidder thinks better of it: takes back its Offer, all its Offers, or its stake, or goes away for good.
    function regret(uint256 i, uint256 how) external looked {
        (bool found, uint256 at) = _pickBid(i);
        if (!found) return;
        IMarket.Bid[] memory ranked = market.bids(posts[at].id);
        Offer memory o = bidOf[ranked[how % ranked.length].offerHash];
        vm.startPrank(o.provider);
        if (how % 4 == 0) registry.setActive(false);
        if (how % 4 == 1) market.cancelOffer(o);
        if (how % 4 == 2) market.raiseCounter();
        if (how % 4 == 3) {
            uint256 mine = registry.sharesOf(o.provider, o.token, o.provider);
            try registry.unbond(o.provider, o.token, mine) {
                // Else nobody could bid with it any more: it comes back when the award is over.
                unbonded.push(o.provider);
            } catch {}
        }
        vm.stopPrank();
        _done();
    }

    /// @dev Who gets it is known beforehand: the cheapest that still hold, as many as there are fills.
    function award(uint256 i, uint256 mood) external looked {
        (bool found, uint256 at) = _pickBid(i);
        if (!found || known.length + posts[at].request.fills > MAX_LEASES) return;
        Posted storage p = posts[at];
        uint256 until = market.posted(p.id).biddingUntil;
        if (mood % 8 != 0 && block.timestamp <= until) vm.warp(until + 1);
        Request memory r = p.request;
        Offer[] memory ranked = _ranked(p.id, r.fills);
        uint256 first = known.length;
        vm.recordLogs();
        vm.prank(_account(mood));
        try market.award(r, ranked) returns (bytes32[] memory leaseIds) {
            vm.assertEq(leaseIds.length, expected.length, "who gets it: how many");
            _remember();
            for (uint256 n = 0; n < leaseIds.length; ++n) {
                vm.assertEq(known[first + n].id, leaseIds[n], "who gets it: lease");
                vm.assertEq(termsOf[first + n].provider, expected[n], "who gets it");
            }
            p.held -= leaseIds.length * r.deposit;
            vm.assertEq(market.bids(p.id).length, 0, "11: a bid is awarded once");
            _done();
        } catch {}
        _comeBack();
        if (mood % 4 == 0) return;
        for (uint256 n = first; n < known.length; ++n) {
            vm.prank(operators[known[n].datacenter]);
            try manager.activate(known[n].id, termsOf[n]) {} catch {}
        }
    }

    /// @dev Its payer as soon as it may, others too early or when nobody cares any more.
    function withdrawPost(uint256 i, uint256 who) external looked {
        if (posts.length == 0) return;
        Posted storage p = posts[_pickHeld(i)];
        uint256 until = market.posted(p.id).awardUntil;
        if (who % 4 == 0 && block.timestamp <= until) vm.warp(until + 1);
        uint256 has = vault.balanceOf(p.request.token, p.payer);
        vm.prank(who % 2 == 0 ? p.payer : _account(who));
        try market.withdrawPost(p.request) {
            vm.assertEq(vault.balanceOf(p.request.token, p.payer) - has, p.held, "10: all that was not awarded");
            p.held = 0;
            _done();
        } catch {}
    }

    /// @dev The Offers behind the bids, and in `expected` who of them must get a lease.
    function _ranked(bytes32 id, uint256 fills) private returns (Offer[] memory ranked) {
        IMarket.Bid[] memory list = market.bids(id);
        ranked = new Offer[](list.length);
        delete expected;
        for (uint256 n = 0; n < list.length; ++n) {
            ranked[n] = bidOf[list[n].offerHash];
            if (expected.length < fills && _holds(ranked[n], list[n].offerHash)) expected.push(list[n].provider);
        }
    }

    /// @dev All that can have changed in this world since the bid. Bids are of different providers: no award takes another's stake.
    function _holds(Offer memory o, bytes32 offered) private view returns (bool) {
        (,, bool active,) = registry.standing(o.provider);
        if (!active || market.cancelled(offered) || market.counterOf(o.provider) != o.counter) return false;
        Parameters memory p = parameters.parameters();
        uint256 scaled = _rate(o.prices, _resources()) * 2 * p.maturitySeconds * p.sliceBps;
        return registry.freeStake(o.provider, o.token) >= (scaled + 1e13 - 1) / 1e13;
    }

    /// @dev Who went away returns, so that the run goes on with all of them.
    function _comeBack() private {
        for (uint256 d = 0; d < DATACENTERS; ++d) {
            vm.prank(providers[d]);
            registry.setActive(true);
        }
        for (; unbonded.length != 0; unbonded.pop()) {
            address whom = unbonded[unbonded.length - 1];
            vm.prank(whom);
            try registry.stake(whom, whom == providers[HOSTILE] ? address(hostile) : address(token), 2_000e6, "") {} catch {}
        }
    }

    function _wealth(address account, address coin) private view returns (uint256) {
        return vault.balanceOf(coin, account) + TestToken(coin).balanceOf(account);
    }

    function _pickBidding(uint256 i) private view returns (bool found, uint256 at) {
        for (uint256 n = 0; n < posts.length && !found; ++n) {
            at = (i % posts.length + n) % posts.length;
            found = posts[at].held != 0 && block.timestamp <= market.posted(posts[at].id).biddingUntil;
        }
    }

    function _pickBid(uint256 i) private view returns (bool found, uint256 at) {
        for (uint256 n = 0; n < posts.length && !found; ++n) {
            at = (i % posts.length + n) % posts.length;
            found = market.bids(posts[at].id).length != 0 && block.timestamp <= market.posted(posts[at].id).awardUntil;
        }
    }

    function _pickHeld(uint256 i) private view returns (uint256 at) {
        for (uint256 n = 0; n < posts.length; ++n) {
            at = (i % posts.length + n) % posts.length;
            if (posts[at].held != 0) return at;
        }
    }
}
