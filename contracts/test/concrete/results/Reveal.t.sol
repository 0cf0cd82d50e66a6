// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IResultBoard} from "../../../src/interfaces/IResultBoard.sol";
import {Quorum} from "../../utils/Quorum.sol";

contract RevealTest is Quorum {
    function _committed() private returns (IResultBoard.JobTerms memory job, bytes32 id) {
        (job, id) = _opened();
        for (uint256 i = 0; i < 3; ++i) _commit(job, i, RESULT);
    }

    function test_RevertWhen_Unknown() external {
        (IResultBoard.JobTerms memory job,) = _committed();
        job.salt = 9;
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.JobUnknown.selector, keccak256(abi.encode(job))));
        _reveal(job, 0, RESULT);
    }

    function test_RevertWhen_Over() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _committed();
        for (uint256 i = 0; i < 3; ++i) _reveal(job, i, RESULT);
        _finalise(job);
        vm.expectRevert(
            abi.encodeWithSelector(IResultBoard.JobStateWrong.selector, id, IResultBoard.JobState.Agreed)
        );
        _reveal(job, 0, RESULT);
    }

    function test_RevertWhen_CommitsAreTaken() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        _commit(job, 0, RESULT);
        vm.warp(job.commitUntil);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.RevealNotOpen.selector, id, job.commitUntil + 1));
        _reveal(job, 0, RESULT);
        vm.warp(job.commitUntil + 1);
        vm.assertTrue(results.jobState(id) == IResultBoard.JobState.Revealing, "state");
        _reveal(job, 0, RESULT);
    }

    function test_RevertWhen_TooLate() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _committed();
        vm.warp(job.revealUntil);
        _reveal(job, 0, RESULT);
        vm.warp(job.revealUntil + 1);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.RevealOver.selector, id, job.revealUntil));
        _reveal(job, 1, RESULT);
    }

    function test_RevertWhen_NoSuchReplica() external {
        (IResultBoard.JobTerms memory job,) = _committed();
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.OutOfRange.selector, "replica", 3, 0, 2));
        _reveal(job, 3, RESULT);
    }

    function test_RevertWhen_NotCommitted() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        vm.warp(job.commitUntil + 1);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.NotCommitted.selector, id, 0));
        _reveal(job, 0, RESULT);
    }

    function test_RevertWhen_Revealed() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _committed();
        _reveal(job, 0, RESULT);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.AlreadyRevealed.selector, id, 0));
        _reveal(job, 0, RESULT);
    }

    function test_RevertWhen_NotWhatWasCommitted() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _committed();
        bytes memory wrong = abi.encodeWithSelector(IResultBoard.RevealWrong.selector, id, 0);
        vm.expectRevert(wrong);
        _reveal(job, 0, LIE);
        vm.expectRevert(wrong);
        results.reveal(job, 0, RESULT, 1, _salt(0));
        vm.expectRevert(wrong);
        results.reveal(job, 0, RESULT, 0, _salt(1));
    }

    function test_ByAnyoneWhoKnowsIt() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _committed();
        vm.expectEmit(address(results));
        emit IResultBoard.JobRevealed(id, 1, RESULT, 0);
        _reveal(job, 1, RESULT);
        (address provider_, bytes32 commitment, bytes32 digest, uint32 status, bool revealed) = results.replicaOf(id, 1);
        vm.assertEq(provider_, _providerOf(1), "provider");
        vm.assertEq(commitment, 0, "commitment");
        vm.assertEq(digest, RESULT, "digest");
        vm.assertEq(status, 0, "status");
        vm.assertTrue(revealed, "revealed");
        (provider_,,,, revealed) = results.replicaOf(id, 200);
        vm.assertTrue(provider_ == address(0) && !revealed, "no such replica");
    }
}
