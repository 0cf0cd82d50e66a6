// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IResultBoard} from "../../../src/interfaces/IResultBoard.sol";
import {Terms} from "../../../src/types/Lease.sol";
import {Quorum} from "../../utils/Quorum.sol";

contract FinaliseTest is Quorum {
    function _expectBonds(uint256[3] memory change, uint256[3] memory earned) private view {
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(_balance(_operatorOf(i)), 50e6 + change[i] - BOND, "bond");
            vm.assertEq(_balance(_payoutOf(i)), earned[i], "share");
        }
        vm.assertEq(vault.lockedOf(address(results), address(token)), 0, "locked");
    }

    function test_RevertWhen_UnknownOrOver() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        vm.warp(job.commitUntil + 1);
        _finalise(job);
        vm.expectRevert(
            abi.encodeWithSelector(IResultBoard.JobStateWrong.selector, id, IResultBoard.JobState.Failed)
        );
        _finalise(job);
        job.salt = 9;
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.JobUnknown.selector, keccak256(abi.encode(job))));
        _finalise(job);
    }

    function test_RevertWhen_SomebodyMayStillCome() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        bytes memory early = abi.encodeWithSelector(IResultBoard.RevealNotOver.selector, id, job.revealUntil);
        vm.expectRevert(early);
        _finalise(job);
        for (uint256 i = 0; i < 3; ++i) _commit(job, i, RESULT);
        vm.expectRevert(early);
        _finalise(job);
        _reveal(job, 0, RESULT);
        _reveal(job, 1, RESULT);
        vm.warp(job.revealUntil);
        vm.expectRevert(early);
        _finalise(job);
        vm.warp(job.revealUntil + 1);
        _finalise(job);
    }

    function test_Agreed_ByAll() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        _vote(job, [RESULT, RESULT, RESULT]);
        vm.expectEmit(address(results));
        emit IResultBoard.JobAgreed(id, RESULT, 0, 3);
        _finalise(job);
        _expectBonds([uint256(BOND), BOND, BOND], [uint256(10_333_334), 10_333_333, 10_333_333]);
        IResultBoard.Result memory r = results.resultOf(id);
        vm.assertEq(r.digest, RESULT, "digest");
        vm.assertEq(r.postedAt, START, "postedAt");
        vm.assertEq(r.client, address(0), "no callback");
        vm.assertTrue(results.jobState(id) == IResultBoard.JobState.Agreed, "state");
    }

    function test_Agreed_AMinorityLied() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        uint256 before = _balance(tenant);
        _vote(job, [RESULT, LIE, RESULT]);
        vm.expectEmit(address(results));
        emit IResultBoard.ReplicaPunished(id, 1, _providerOf(1), BOND, 72e6);
        _finalise(job);
        _expectBonds([uint256(BOND), 0, BOND], [uint256(18e6), 0, 18e6]);
        vm.assertEq(manager.lease(leaseIds[1]).slashed, 72e6, "slice");
        vm.assertEq(_balance(tenant) - before, 36e6, "half to the payer");
        vm.assertEq(_balance(BURNED), 36e6, "half burned");
    }

    function test_Agreed_AMinorityOfAnyJob() external {
        _replicas(_request(), 3);
        IResultBoard.JobTerms memory job = _job();
        job.deterministic = false;
        _openJob(job);
        _vote(job, [RESULT, LIE, RESULT]);
        vm.prank(stranger);
        results.finalise(job, new Terms[](0));
        _expectBonds([uint256(BOND), BOND, BOND], [uint256(15.5e6), 0, 15.5e6]);
        vm.assertEq(manager.lease(leaseIds[1]).slashed, 0, "slice");
    }

    function test_Agreed_OneDidNotReveal() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        _vote(job, [bytes32(0), RESULT, RESULT]);
        vm.warp(job.revealUntil + 1);
        vm.expectEmit(address(results));
        emit IResultBoard.ReplicaPunished(id, 0, _providerOf(0), BOND, 0);
        vm.prank(stranger);
        results.finalise(job, new Terms[](0));
        _expectBonds([uint256(0), BOND, BOND], [uint256(0), 18e6, 18e6]);
    }

    function test_Agreed_OneNeverCame() external {
        (IResultBoard.JobTerms memory job,) = _opened();
        _commit(job, 0, RESULT);
        _commit(job, 2, RESULT);
        vm.warp(job.commitUntil + 1);
        _reveal(job, 0, RESULT);
        _reveal(job, 2, RESULT);
        _finalise(job);
        vm.assertEq(_balance(_operatorOf(1)), 50e6, "nothing lost");
        vm.assertEq(_balance(_payoutOf(2)), 15.5e6, "share");
        vm.assertEq(vault.lockedOf(address(results), address(token)), 0, "locked");
    }

    function test_AnotherStatus_IsAnotherResult() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        for (uint256 i = 0; i < 3; ++i) {
            bytes32 seal = keccak256(abi.encode(id, RESULT, uint32(i), _providerOf(i), _salt(i)));
            vm.prank(_operatorOf(i));
            results.commit(job, uint8(i), leaseTerms[i], seal, "");
        }
        for (uint256 i = 0; i < 3; ++i) results.reveal(job, uint8(i), RESULT, uint32(i), _salt(i));
        vm.expectEmit(address(results));
        emit IResultBoard.JobFailed(id, 3, 1);
        _finalise(job);
    }

    function test_Failed_NoThreshold() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        uint256 before = _balance(tenant);
        _vote(job, [RESULT, LIE, bytes32(0)]);
        vm.warp(job.revealUntil + 1);
        vm.expectEmit(address(results));
        emit IResultBoard.JobFailed(id, 2, 1);
        _finalise(job);
        _expectBonds([uint256(BOND), BOND, 0], [uint256(0), 0, 0]);
        vm.assertEq(_balance(tenant) - before, REWARD + BOND, "reward and the lost bond");
        vm.assertEq(manager.lease(leaseIds[1]).slashed, 0, "nobody knows who lied");
        vm.assertEq(results.resultOf(id).postedAt, 0, "no result");
    }

    function test_Failed_NobodyCame() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        uint256 before = _balance(tenant);
        vm.warp(job.commitUntil + 1);
        vm.expectEmit(address(results));
        emit IResultBoard.JobFailed(id, 0, 0);
        _finalise(job);
        vm.assertEq(_balance(tenant) - before, REWARD, "reward");
        vm.assertTrue(results.jobState(id) == IResultBoard.JobState.Failed, "state");
    }

    function test_ALiarsTermsAreNeeded() external {
        (IResultBoard.JobTerms memory job,) = _opened();
        _vote(job, [RESULT, RESULT, LIE]);
        bytes memory differ = abi.encodeWithSelector(IResultBoard.TermsDiffer.selector, leaseIds[2]);
        vm.expectRevert(differ);
        vm.prank(_operatorOf(2));
        results.finalise(job, new Terms[](0));
        Terms[] memory terms = leaseTerms;
        vm.prank(tenant);
        manager.amendSpec(leaseIds[2], terms[2], "other");
        vm.expectRevert(differ);
        results.finalise(job, terms);
        vm.warp(uint256(job.revealUntil) + 7 days);
        vm.expectRevert(differ);
        results.finalise(job, terms);
        vm.warp(uint256(job.revealUntil) + 7 days + 1);
        results.finalise(job, terms);
        _expectBonds([uint256(BOND), BOND, 0], [uint256(18e6), 18e6, 0]);
        vm.assertEq(manager.lease(leaseIds[2]).slashed, 0, "slice");
    }

    function test_WhenTheSliceIsGone() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        _vote(job, [RESULT, RESULT, LIE]);
        _finalise(job);
        job.salt = 1;
        bytes32 second = _openJob(job);
        _vote(job, [RESULT, RESULT, LIE]);
        vm.expectEmit(address(results));
        emit IResultBoard.ReplicaPunished(second, 2, _providerOf(2), BOND, 0);
        _finalise(job);
        vm.assertTrue(id != second, "another job");
        vm.assertEq(manager.lease(leaseIds[2]).slashed, 72e6, "once");
    }

    function test_WhenTheOperatorChanged() external {
        (IResultBoard.JobTerms memory job,) = _opened();
        _vote(job, [RESULT, RESULT, RESULT]);
        address next = address(0x1234);
        vm.prank(_providerOf(1));
        registry.update(next, _payoutOf(1), 0, "https://dc.example", "eu");
        _finalise(job);
        vm.assertEq(_balance(next), BOND, "bond");
    }
}
