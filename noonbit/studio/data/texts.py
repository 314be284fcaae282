"""The texts of the pages on which data are chosen, looked at and made; `texts.TEXTS` has them too.

Those that begin with `drop.` and `make.` are handed to the scripts of the pages.
"""

from collections.abc import Mapping

DATA_TEXTS: Mapping[str, tuple[str, str]] = {
    # Choose
    "data.open": ("Look at data", "데이터 살펴보기"),
    "data.known": (
        "A known data set on this computer",
        "이 컴퓨터에서 찾은 데이터셋",
    ),
    "data.look": ("Look at it", "살펴보기"),
    "data.path": (
        "Or the path of a folder, a file or an archive on this computer",
        "또는 이 컴퓨터에 있는 폴더, 파일, 압축 파일의 경로",
    ),
    "data.look_path": ("Look at this path", "이 경로 살펴보기"),
    "data.no_path": ("Type a path first.", "먼저 경로를 입력해 주세요."),
    "data.upload": ("Drop your own files", "내 파일 올리기"),
    "data.own": ("Your data sets", "내 데이터셋"),
    "data.own_help": (
        "What you drop or make here lies in {folder} on this computer. Delete it there when you no "
        "longer need it.",
        "여기에 올리거나 만든 데이터는 이 컴퓨터의 {folder} 폴더에 저장됩니다. 필요 없으면 "
        "그 폴더에서 지우세요.",
    ),
    "data.own_none": ("There is none yet.", "아직 없습니다."),
    "data.own_more": (
        "{count} older ones are not shown.",
        "더 오래된 {count}개는 표시하지 않습니다.",
    ),
    "data.make": ("Make a data set", "데이터셋 만들기"),
    "data.make_help": (
        "Name some classes, and draw, photograph or choose pictures for each.",
        "클래스 이름을 정하고, 클래스마다 그림을 그리거나 사진을 찍거나 파일을 고릅니다.",
    ),
    # Look
    "view.others": ("Other data", "다른 데이터"),
    "view.opening": (
        "Every file is opened and looked at. This takes some seconds.",
        "모든 파일을 열어 확인하는 중입니다. 몇 초 걸립니다.",
    ),
    "view.train": ("Train with it", "이 데이터로 학습하기"),
    "view.networks": ("Networks for it", "이 데이터에 맞는 신경망 보기"),
    "view.facts": ("What it is", "데이터 개요"),
    "view.format": ("Format", "형식"),
    "view.classes": ("Classes", "클래스"),
    "view.size": ("Size in pixels", "크기(픽셀)"),
    "view.sizes": ("{count} sizes, most often {size}", "크기 {count}가지, 가장 많은 것은 {size}"),
    "view.channels": ("Channels", "채널"),
    "view.grey": ("grey", "흑백"),
    "view.colour": ("colour", "컬러"),
    "view.polarity": ("Polarity", "명암"),
    "view.polarity.light on dark": ("light on dark", "어두운 바탕에 밝은 그림"),
    "view.polarity.dark on light": ("dark on light", "밝은 바탕에 어두운 그림"),
    "view.split.train": ("Training items", "학습 항목"),
    "view.split.validation": ("Validation items", "검증 항목"),
    "view.split.test": ("Test items", "테스트 항목"),
    "view.from.own": ("as the source has them", "원본에서 나눈 그대로"),
    "view.from.drawn": (
        "drawn at random, every class in proportion",
        "클래스 비율에 맞춰 무작위로 뽑음",
    ),
    "view.check": ("What check found", "점검 결과"),
    "view.clean": ("Nothing is wrong with it.", "문제가 없습니다."),
    "view.check_help": (
        "A problem makes results wrong or files useless; a note is worth knowing, and noonbit "
        "copes with it. The sentences are those of noonbit check.",
        "‘문제’는 결과가 틀어지거나 파일을 쓸 수 없다는 뜻이고, ‘참고’는 알아 두면 좋지만 "
        "noonbit이 알아서 처리하는 것입니다. 문장은 noonbit check의 출력과 같고, 드물게 나오는 "
        "문장은 영어로 나옵니다.",
    ),
    "view.problem": ("Problem", "문제"),
    "view.note": ("Note", "참고"),
    "view.more": ("… and {count} more", "… 외 {count}개"),
    "view.pictures_of": ("The pictures: {names}", "해당 이미지: {names}"),
    "view.counts": ("Classes and samples", "클래스와 예시"),
    "view.counts_more": (
        "The first {shown} of {count} classes.",
        "클래스 {count}개 가운데 처음 {shown}개입니다.",
    ),
    "view.class": ("Class", "클래스"),
    "view.part.train": ("Train", "학습"),
    "view.part.validation": ("Validation", "검증"),
    "view.part.test": ("Test", "테스트"),
    "view.samples": ("Samples", "예시"),
    "view.samples_of": ("{count} pictures of class {name}", "클래스 {name}의 이미지 {count}장"),
    # Augmentation
    "augment": ("Augmentation", "데이터 증강"),
    "augment.help": (
        "Each epoch learns from pictures that were changed at random, so that a network meets more "
        "than there are. The first picture of a row is as it is, the others are random draws, as "
        "a training would make them. What you see first is what noonbit would choose.",
        "에포크마다 무작위로 변형한 이미지로 학습하므로, 가진 것보다 더 다양한 이미지를 접하게 "
        "됩니다. 각 줄의 첫 이미지는 원본이고 나머지는 학습할 때처럼 무작위로 변형한 것입니다. "
        "처음 값은 noonbit이 이 데이터에 맞춰 고른 설정입니다.",
    ),
    "augment.preparing": (
        "The first preview takes some seconds.",
        "첫 미리 보기는 몇 초 걸립니다.",
    ),
    "augment.shift": ("Shift, in pixels", "이동(픽셀)"),
    "augment.rotation": ("Rotation, in degrees", "회전(도)"),
    "augment.zoom": ("Zoom, as a share", "확대·축소(비율)"),
    "augment.shear": ("Slant, in degrees", "기울이기(도)"),
    "augment.brightness": ("Brightness, as a share", "밝기(비율)"),
    "augment.channel_shift": ("Level of each channel, of 255", "채널 값 이동(255 기준)"),
    "augment.erase": ("Share with an erased patch", "일부를 지운 이미지의 비율"),
    "augment.mixup": ("mixup: blend two pictures", "mixup: 두 이미지 섞기"),
    "augment.cutmix": ("CutMix: a patch of another", "CutMix: 다른 이미지 조각 넣기"),
    "augment.flip": ("Mirror left to right", "좌우 뒤집기"),
    "augment.vertical_flip": ("Mirror top to bottom", "상하 뒤집기"),
    "augment.fill": ("What comes in at the edges", "가장자리 채우기"),
    "augment.fill.default": ("what suits the change", "변형에 맞게 자동"),
    "augment.fill.constant": ("black", "검은색"),
    "augment.fill.nearest": ("the edge, repeated", "가장자리 늘리기"),
    "augment.fill.reflect": ("mirrored", "거울처럼 반사"),
    "augment.fill.wrap": ("the other side", "반대쪽 이어 붙이기"),
    "augment.preview": (
        "Each row: a picture as it is, then six random draws with {settings}.",
        "각 줄: 원본 이미지와, {settings} 설정으로 무작위로 변형한 이미지 여섯 장.",
    ),
    "augment.again": ("Other draws", "다시 뽑기"),
    "augment.none": ("Nothing", "모두 끄기"),
    "augment.default": ("As noonbit chooses", "noonbit의 선택"),
    "augment.flag": ("On the command line:", "명령줄에서는:"),
    # Make
    "make.title": ("Make a data set", "데이터셋 만들기"),
    "make.name": ("Name of the data set", "데이터셋 이름"),
    "make.default_name": ("my pictures", "내 그림"),
    "make.classes": ("Classes", "클래스"),
    "make.class_name": ("Name of class {number}", "클래스 {number}의 이름"),
    "make.default_class": ("class {number}", "클래스 {number}"),
    "make.add_class": ("Add a class", "클래스 추가"),
    "make.remove_class": ("Remove class {name}", "클래스 {name} 삭제"),
    "make.choose_class": ("New pictures go to {name}", "새 이미지를 {name}에 넣기"),
    "make.count": ("{count} pictures", "{count}장"),
    "make.delete": ("Delete picture {number} of {name}", "{name}의 {number}번째 이미지 삭제"),
    "make.ways": ("Where pictures come from", "이미지를 넣는 방법"),
    "make.draw": ("Draw", "그리기"),
    "make.camera": ("Camera", "카메라"),
    "make.files": ("Files", "파일"),
    "make.pad": ("Drawing area", "그림판"),
    "make.pad_help": (
        "Draw with a mouse, a finger or a pen. By keyboard: arrow keys move the pen, space puts it "
        "down or lifts it, Ctrl+Z undoes, Delete clears.",
        "마우스, 손가락, 펜으로 그립니다. 키보드로는 화살표 키로 펜을 옮기고, 스페이스 키로 펜을 "
        "대거나 떼고, Ctrl+Z로 되돌리고, Delete로 모두 지웁니다.",
    ),
    "make.pen_down": ("Pen down", "펜을 댔습니다"),
    "make.pen_up": ("Pen up", "펜을 뗐습니다"),
    "make.undo": ("Undo", "되돌리기"),
    "make.clear": ("Clear", "모두 지우기"),
    "make.pen_width": ("Pen width", "펜 굵기"),
    "make.keep": ("Add to {name}", "{name}에 추가"),
    "make.nothing_drawn": ("Draw something first.", "먼저 그림을 그려 주세요."),
    "make.shoot": ("Take a photo for {name}", "{name}에 사진 찍어 넣기"),
    "make.camera_view": ("What the camera sees", "카메라 화면"),
    "make.camera_failed": (
        "The camera is not available to this page. Choose files instead.",
        "이 페이지에서 카메라를 쓸 수 없습니다. 대신 파일을 골라 주세요.",
    ),
    "make.choose": ("Choose pictures for {name}", "{name}에 넣을 이미지 고르기"),
    "make.drop": ("or drop them here", "또는 여기에 끌어다 놓기"),
    "make.no_pictures": (
        "{names}: no picture that this browser can show, and left out.",
        "{names}: 브라우저가 열 수 없는 이미지여서 넣지 않았습니다.",
    ),
    "make.save": ("Save and look at it", "저장하고 살펴보기"),
    "make.save_help": (
        "Ten of each class are enough to try; hundreds are better. It is saved as a folder with a "
        "folder of pictures for each class.",
        "클래스마다 열 장이면 시험해 볼 수 있고, 수백 장이면 더 좋습니다. 클래스마다 폴더를 "
        "하나씩 만들어 그 안에 이미지를 저장합니다.",
    ),
    "make.too_few": (
        "A data set has two classes at least, with pictures in each: {name} has none yet.",
        "데이터셋에는 클래스가 두 개 이상 있고 클래스마다 이미지가 있어야 합니다. {name}에는 "
        "아직 없습니다.",
    ),
    "make.no_class_name": ("Every class needs a name.", "모든 클래스에 이름을 정해 주세요."),
    "make.same_names": (
        "Two classes are called {name}; rename one of them.",
        "이름이 {name}인 클래스가 둘입니다. 하나의 이름을 바꿔 주세요.",
    ),
    # Drop
    "drop.help": (
        "Drop a folder, pictures, an archive or a table here",
        "폴더, 이미지, 압축 파일, 표 파일을 여기에 끌어다 놓으세요",
    ),
    "drop.help_more": (
        "zip, tar, CSV, npz, Parquet, IDX and more. Best: a folder with a folder for each class. "
        "At most {size} and {files} files; larger data need no copy, type their path.",
        "zip, tar, CSV, npz, Parquet, IDX 등을 읽습니다. 클래스마다 폴더를 하나씩 둔 폴더가 가장 "
        "좋습니다. 최대 {size}, 파일 {files}개이며, 더 큰 데이터는 올리지 말고 경로를 입력해 "
        "주세요.",
    ),
    "drop.files": ("Choose files", "파일 고르기"),
    "drop.folder": ("Choose a folder", "폴더 고르기"),
    "drop.progress": ("Being copied", "복사하는 중"),
    "drop.too_large": (
        "These files have {size}; an upload has at most {most}. Type their path instead.",
        "파일이 모두 {size}인데 최대 {most}까지 올릴 수 있습니다. 대신 경로를 입력해 주세요.",
    ),
    "drop.too_many": (
        "These are {count} files; an upload has at most {most}. Put them into one archive, or type "
        "the path of their folder.",
        "파일이 {count}개인데 최대 {most}개까지 올릴 수 있습니다. 압축 파일 하나로 묶거나 폴더의 "
        "경로를 입력해 주세요.",
    ),
    "drop.nothing": ("No file came.", "올라온 파일이 없습니다."),
    "drop.failed": (
        "The studio does not answer. Is it still running?",
        "스튜디오가 응답하지 않습니다. 실행 중인지 확인해 주세요.",
    ),
}
