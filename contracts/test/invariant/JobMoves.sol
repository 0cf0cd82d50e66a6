// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IResultBoard} from "../../src/interfaces/IResultBoard.sol";
import {Offer, Request, Terms} from "../../src/types/Lease.sol";
import {Chameleon} from "../utils/HostileClients.sol";
import {TenantMoves} from "./TenantMoves.sol";

/// @title Results, replicated jobs, and the contract that is told of them.
abstract contract JobMoves is TenantMoves {
    uint256 private constant REPLICAS = 3;

    function openJob(uint256 a, uint256 b) external looked {
        if (_openJob(a, b)) _done();
    }

    function _openJob(uint256 a, uint256 b) private returns (bool) {
        if (known.length + REPLICAS > MAX_LEASES || jobs.length == 4) return false;
        uint256 t = a % TENANTS;
        (, Request memory r) = _orders(0, t, b);
        (r.salt, r.fills, r.durationSeconds) = (++salt, uint32(REPLICAS), 4 hours);
        r.callback = t == CLIENT && a % 2 == 0;
        bytes32 requestHash = market.requestHash(r);
        Replicated storage j = jobs.push();
        for (uint256 d = 0; d < REPLICAS; ++d) {
            (Offer memory o,) = _orders(d, t, b);
            if (!_submit(d, o, r, t, true)) {
                jobs.pop();
                return false;
            }
            j.leases[d] = known.length - 1;
        }
        uint40 until = uint40(block.timestamp + bound(b, 1 minutes, 1 hours));
        j.terms = IResultBoard.JobTerms({
            tenant: tenants[t],
            token: address(token),
            requestHash: requestHash,
            replicas: uint8(REPLICAS),
            threshold: uint8(2 + a % 2),
            deterministic: b % 2 == 0,
            callback: t == CLIENT,
            bond: uint96(bound(a, 1, 20e6)),
            reward: uint96(bound(b, 0, 50e6)),
            commitUntil: until,
            revealUntil: until + uint40(bound(a, 1 minutes, 1 hours)),
            salt: salt
        });
        vm.prank(tenants[t]);
        try results.openJob(j.terms, "") returns (bytes32 id) {
            j.id = id;
            return true;
        } catch {
            jobs.pop();
            return false;
        }
    }

    /// @dev Most come and say the same; some do not come, some lie, some copy the first one's seal.
    function commit(uint256 i, uint256 what) external looked {
        if (jobs.length == 0) _openJob(i, what);
        if (jobs.length == 0) return;
        Replicated storage j = jobs[_pickJob(i)];
        for (uint256 r = 0; r < REPLICAS; ++r) {
            uint256 mood = (what >> (8 * r)) % 16;
            if (mood == 0) continue;
            bytes32 digest = mood < 4 ? keccak256(abi.encode(what, mood % 2)) : keccak256("result");
            bytes32 seal = keccak256(abi.encode(j.id, digest, uint32(0), providers[mood == 4 ? 0 : r], j.id));
            vm.prank(operators[r]);
            try results.commit(j.terms, uint8(r), termsOf[j.leases[r]], seal, "") {
                j.digests[r] = digest;
                _done();
            } catch {}
        }
    }

    /// @dev Most do.
    function reveal(uint256 i, uint256 what) external looked {
        if (jobs.length == 0) return;
        Replicated storage j = jobs[_pickJob(i)];
        for (uint256 r = 0; r < REPLICAS; ++r) {
            if ((what >> (8 * r)) % 8 == 0) continue;
            vm.prank(stranger);
            try results.reveal(j.terms, uint8(r), j.digests[r], 0, j.id) {
                _done();
            } catch {}
        }
    }

    function _pickJob(uint256 i) private view returns (uint256) {
        for (uint256 n = 0; n < jobs.length; ++n) {
            uint256 at = (i % jobs.length + n) % jobs.length;
            IResultBoard.JobState state = results.jobState(jobs[at].id);
            if (state != IResultBoard.JobState.Agreed && state != IResultBoard.JobState.Failed) return at;
        }
        return i % jobs.length;
    }

    /// @dev 15: whatever the client does, the books are the same as with one that takes the result.
    function finalise(uint256 i, uint256 mood, uint256 withTerms) external looked {
        if (jobs.length == 0) return;
        if (mood % 4 == 0) vm.warp(block.timestamp + 10 minutes);
        Replicated storage j = jobs[_pickJob(i)];
        Terms[] memory leases = _leasesOf(j, withTerms % 2 == 1);
        uint256 state = vm.snapshotState();
        client.turn(Chameleon.Mood.Takes);
        try results.finalise(j.terms, leases) {} catch {}
        bytes32 books = _books();
        vm.revertToState(state);
        _turn(mood, j.id);
        try results.finalise(j.terms, leases) {
            _done();
        } catch {}
        vm.assertEq(_books(), books, "15: the callback changed the books of a job");
    }

    function _leasesOf(Replicated storage j, bool withTerms) internal view returns (Terms[] memory leases) {
        if (!withTerms) return leases;
        leases = new Terms[](REPLICAS);
        for (uint256 r = 0; r < REPLICAS; ++r) leases[r] = termsOf[j.leases[r]];
    }

    function postResult(uint256 i, uint256 mood, uint256 status) external looked {
        if (known.length == 0) return;
        i %= known.length;
        _turn(mood, known[i].id);
        bytes32 books = _books();
        vm.prank(operators[known[i].datacenter]);
        try results.postResult(known[i].id, termsOf[i], "digest", uint32(status)) {
            vm.assertTrue(
                results.resultOf(known[i].id).client == (termsOf[i].callback ? address(client) : address(0)), "15: client"
            );
            _done();
        } catch {}
        vm.assertEq(_books(), books, "15: the callback changed the books");
    }

    function deliver(uint256 i, uint256 mood) external {
        if (known.length == 0) return;
        bytes32 id = _pickUndelivered(i);
        _turn(mood, id);
        bytes32 books = _books();
        vm.prank(stranger);
        try results.deliver(id) {
            _done();
        } catch {}
        vm.assertEq(_books(), books, "15: the callback changed the books of a delivery");
    }

    function _pickUndelivered(uint256 i) private view returns (bytes32 id) {
        uint256 all = jobs.length + known.length;
        for (uint256 n = 0; n < all; ++n) {
            uint256 k = (i % all + n) % all;
            id = k < jobs.length ? jobs[k].id : known[k - jobs.length].id;
            IResultBoard.Result memory r = results.resultOf(id);
            if (r.client != address(0) && !r.delivered) return id;
        }
    }

    function _turn(uint256 mood, bytes32 id) private {
        client.turn(Chameleon.Mood(mood % 5));
        client.arm(address(results), abi.encodeCall(IResultBoard.deliver, (id)));
    }
}
